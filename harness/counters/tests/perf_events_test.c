/* SPDX-License-Identifier: MIT */
/*
 * The kernel's generic events without PAPI: on a fake kernel whose counts are known (fake_kernel.h), and on
 * the real one.
 */
#include "harness/counters/backend.h"
#include "harness/counters/tests/counters_fixture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_PAPI "/nowhere/module.so"

UNIT_FIXTURE(use_kernel)
{
    const int code = counters_use(NO_PAPI, true);
    fake_kernel_reset();
    return code;
}

UNIT_FIXTURE(use_no_counters)
{
    return counters_use(NO_PAPI, true);
}

UNIT_FIXTURE(use_real)
{
    return counters_use(NULL, false);
}

static void assert_near(const struct bench_record *rec, const char *name, double expected)
{
    const double found = counters_value(rec, name);
    if (!(fabs(found - expected) <= 1e-9 * expected))
        fail_msg("%s: found %.12g; expected %.12g", name, found, expected);
}

/* Names with what the fake kernel counts of them in a call, in the metric's unit. */
static void assert_all(const struct bench_record *rec)
{
    assert_near(rec, "cycles", 250.0 / ELEMENTS);
    assert_near(rec, "instructions", 1000.0 / ELEMENTS);
    assert_near(rec, "ipc", 4);
    assert_near(rec, "branches", 1e5 / ELEMENTS);
    assert_near(rec, "branch_misses", 1e3 / ELEMENTS);
    assert_near(rec, "cache_references", 4e4 / ELEMENTS);
    assert_near(rec, "cache_misses", 4e3 / ELEMENTS);
    assert_near(rec, "l1d_misses", 8e3 / ELEMENTS);
    assert_near(rec, "l3_misses", 2e3 / ELEMENTS);
}

UNIT_TEST_WITH(generic_events_serve_the_metrics, use_kernel, counters_drop)
{
    const struct bench_record *rec = counters_count("auto");
    assert_int_equal(rec->metric_count, METRICS);
    assert_all(rec);
    assert_true(counters_value(rec, "core_ghz") > 0);
    assert_string_equal(bench_record_metric(rec, "ipc")->reason, "counted by perf_event_open");
    counters_reason(rec, "l2_misses", false, "cannot open shared object file");
    counters_reason(rec, "l2_misses", false, "; perf_event_open: no generic event of the kernel serves it");
    counters_reason(rec, "dram_bytes", false, "no generic event");
    rec = counters_count("perf::CACHE-MISSES,perf::NOTHING,PAPI_TOT_INS");
    assert_near(rec, "perf::CACHE-MISSES", 4);
    counters_reason(rec, "perf::NOTHING", false, NO_PAPI);
    counters_reason(rec, "PAPI_TOT_INS", false, NO_PAPI);
}

/* The kernel refuses a full group, or takes it and never counts it, as the watchdog has a counter. */
UNIT_TEST_WITH(what_does_not_fit_gets_a_group_of_its_own, use_kernel, counters_drop)
{
    for (int n = 1; n <= 6; n++) {
        fake_kernel_reset();
        fake_kernel.room = n;
        assert_all(counters_count("auto"));
        fake_kernel_reset();
        fake_kernel.seats = n;
        const struct bench_record *rec = counters_count("auto");
        if (n > 1)
            assert_all(rec);
        if (n > 1)
            assert_string_equal(bench_record_metric(rec, "branches")->reason, "counted by perf_event_open");
        else
            counters_reason(rec, "branches", true, "not validated: the instruction count does not fit");
    }
    fake_kernel.seats = 0;
    counters_reason(counters_count("cycles"), "cycles", false, "others hold the counters");
}

UNIT_TEST_WITH(counters_that_do_not_count, use_kernel, counters_drop)
{
    static const char *const texts[FAKE_ILLS] = {[FAKE_STILL] = "stood still",
                                                 [FAKE_BACK] = "the count went back or overflowed: from ",
                                                 [FAKE_OVERFLOW] = "the count went back or overflowed: from ",
                                                 [FAKE_ABSURD] = "no count: 9223372036854775808 in "};
    static const struct {
        enum fake_event event;
        const char *metric;
    } of[] = {{FAKE_CYCLES, "cycles"},
              {FAKE_INSTRUCTIONS, "instructions"},
              {FAKE_BRANCHES, "branches"},
              {FAKE_BRANCH_MISSES, "branch_misses"},
              {FAKE_REFERENCES, "cache_references"},
              {FAKE_MISSES, "cache_misses"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        for (int ill = FAKE_STILL; ill < FAKE_ILLS; ill++) {
            /* Misses and references may be none. */
            const bool may = ill == FAKE_STILL && of[i].event > FAKE_BRANCHES;
            fake_kernel_reset();
            fake_kernel.ill[of[i].event] = (enum fake_ill)ill;
            /* After it was validated: its group has nothing to say of these calls. */
            fake_kernel.only_calls = true;
            const struct bench_record *rec = counters_count("auto");
            counters_reason(rec, of[i].metric, may, may ? "counted by" : texts[ill]);
            if (of[i].event == FAKE_INSTRUCTIONS)
                counters_reason(rec, "branch_misses", false, texts[ill]);
            /* From the start: the event is out, and the others are counted. */
            fake_kernel.only_calls = false;
            rec = counters_count("auto");
            const bool leads = of[i].event == FAKE_INSTRUCTIONS && ill == FAKE_STILL;
            counters_reason(rec, of[i].metric, may,
                            may     ? "counted by"
                            : leads ? "counted 0 instr"
                                    : texts[ill]);
            if (of[i].event != FAKE_BRANCHES)
                counters_reason(rec, "branches", !leads, leads ? "counted 0 instr" : "counted by");
            if (of[i].event == FAKE_INSTRUCTIONS && !leads)
                counters_reason(rec, "branches", true,
                                "not validated: perf::INSTRUCTIONS: perf_event_open: ");
        }
}

UNIT_TEST_WITH(what_shares_its_counter_is_no_count, use_kernel, counters_drop)
{
    static const double shares[] = {0, 0.5, 0.999};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        fake_kernel_reset();
        fake_kernel.running = shares[i];
        const struct bench_record *rec = counters_count("cycles,cache_misses");
        counters_reason(rec, "cycles", false, "multiplexed: counted for ");
        counters_reason(rec, "cache_misses", false, "multiplexed: counted for ");
    }
    fake_kernel_reset();
    fake_kernel.timeless = true;
    counters_reason(counters_count("cycles"), "cycles", false, "multiplexed: counted for 0 ns of 0");
    fake_kernel_reset();
    fake_kernel.short_read = 8;
    counters_reason(counters_count("cycles"), "cycles", false,
                    "read gave 24 bytes; expected 32 for 1 events");
    fake_kernel_reset();
    fake_kernel.known_loop = 1.0011;
    counters_reason(counters_count("cycles"), "cycles", false,
                    "refused: its group counted 2002200 instructions");
}

UNIT_TEST_WITH(one_event_refused_leaves_the_others, use_kernel, counters_drop)
{
    fake_kernel.refused[FAKE_MISSES] = ENOENT;
    const struct bench_record *rec = counters_count("auto");
    counters_reason(rec, "cache_misses", false,
                    "perf::CACHE-MISSES: perf_event_open: No such file or directory: the kernel has no such "
                    "counter here; qkbench doctor says");
    assert_near(rec, "cache_references", 4e4 / ELEMENTS);
    assert_string_equal(bench_record_metric(rec, "branches")->reason, "counted by perf_event_open");
    fake_kernel_reset();
    fake_kernel.refused[FAKE_INSTRUCTIONS] = ENOENT;
    rec = counters_count("auto");
    counters_reason(rec, "instructions", false, "perf::INSTRUCTIONS: perf_event_open: No such file");
    counters_reason(rec, "ipc", false, "perf::INSTRUCTIONS: perf_event_open: No such file");
    counters_reason(
        rec, "cycles", true,
        "counted by perf_event_open; not validated: perf::INSTRUCTIONS: perf_event_open: No such");
}

/* Cores of a second kind have a PMU of their own, and the last CPU, which is the default, is one of them. */
UNIT_TEST(cores_of_two_kinds_have_two_pmus)
{
    static const char *const files[][2] = {{"cpu_core/cpus", "0-7\n"},
                                           {"cpu_core/type", "4\n"},
                                           {"cpu_atom/cpus", "8-11,15\n"},
                                           {"cpu_atom/type", "10\n"}};
    const char *root = bench_test_path("machine");
    assert_true(bench_perf_core_pmu(root, 3) == 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[120];
        snprintf(path, sizeof path, "machine/sys/bus/event_source/devices/%s", files[i][0]);
        bench_test_put(bench_test_path(path), files[i][1], strlen(files[i][1]));
    }
    assert_true(bench_perf_core_pmu(root, 3) == UINT64_C(4) << 32);
    assert_true(bench_perf_core_pmu(root, 15) == UINT64_C(10) << 32);
    assert_true(bench_perf_core_pmu(root, 12) == 0);
}

/* Where it is refused on, what would help. */
UNIT_TEST_WITH(refusals_name_a_remedy, use_no_counters, counters_drop)
{
    static const struct {
        int number;
        const char *remedy;
    } of[] = {{ENOENT, "qkbench doctor"},
              {EOPNOTSUPP, "qkbench doctor"},
              {ENODEV, "qkbench doctor"},
              {EACCES, "forbid"},
              {EPERM, "forbid"},
              {ENOSYS, "seccomp filter"},
              {EMFILE, "ulimit -n"},
              {EINVAL, "does not take"},
              {EBUSY, "perf_event_open(2)"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        for (int e = 0; e < FAKE_EVENTS; e++)
            fake_kernel.refused[e] = of[i].number;
        const struct bench_record *rec = counters_count("auto");
        for (size_t m = 0; m < rec->metric_count; m++)
            if (!strstr(rec->metrics[m].reason, "no generic event")) {
                counters_reason(rec, rec->metrics[m].name, false, strerror(of[i].number));
                counters_reason(rec, rec->metrics[m].name, false, of[i].remedy);
            }
        assert_int_equal(counters_called, 0);
    }
}

/* Its groups, reads and times are as perf_events.c takes them: seen on an event that needs no counter. */
UNIT_TEST_WITH(the_real_kernel_is_understood, use_no_counters, counters_drop)
{
    fake_kernel.mode = FAKE_SOFTWARE;
    const struct bench_record *rec = counters_count("cycles,branches,cache_misses");
    const char *reason = bench_record_metric(rec, "cycles")->reason;
    if (strstr(reason, "seccomp") || strstr(reason, "perf_event_paranoid")) {
        print_message("# the kernel lets nobody count here: %s\n", reason);
        skip();
    }
    for (size_t m = 0; m < rec->metric_count; m++)
        counters_reason(rec, rec->metrics[m].name, false, "refused: its group counted ");
    unsigned long long ns = 0;
    sscanf(strstr(reason, "counted "), "counted %llu", &ns);
    assert_in_range(ns, 10000, 1000000000);
}

/* With a PMU or without, with PAPI or without: a value, or a reason. */
UNIT_TEST_WITH(every_metric_has_a_value_or_a_reason, use_real, counters_drop)
{
    const struct bench_record *rec = counters_count("auto");
    assert_int_equal(rec->metric_count, METRICS);
    for (size_t m = 0; m < rec->metric_count; m++) {
        const struct bench_metric *metric = &rec->metrics[m];
        assert_true(metric->reason && *metric->reason && (isnan(metric->value) || metric->value >= 0));
    }
}

UNIT_TESTS(perf_events, bench_test_dir_make, bench_test_dir_remove)
