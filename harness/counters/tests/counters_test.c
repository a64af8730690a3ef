/* SPDX-License-Identifier: MIT */
/* PAPI on a machine whose counts are known (fake_papi.c), and what the kernel counts when PAPI does not. */
#include "harness/counters/tests/counters_fixture.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int fake_sets(void)
{
    void *fake = dlopen(FAKE_PAPI, RTLD_NOW);
    assert_non_null(fake);
    int *sets = dlsym(fake, "fake_papi_sets");
    assert_non_null(sets);
    const int n = *sets;
    dlclose(fake);
    return n;
}

UNIT_FIXTURE(use_fake)
{
    static const char *const knobs[] = {"FAKE_ROOM", "FAKE_INSTRUCTIONS", "FAKE_OPEN", "FAKE_START",
                                        "FAKE_VERSION"};
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++)
        unsetenv(knobs[i]);
    return counters_use(FAKE_PAPI, true);
}

UNIT_TEST_WITH(metrics_are_their_formulas, use_fake, counters_drop)
{
    void *stay = dlopen(FAKE_PAPI, RTLD_NOW);
    assert_non_null(stay);
    const struct bench_record *rec = counters_count("auto");
    assert_int_equal(rec->metric_count, METRICS);
    assert_true(counters_value(rec, "cycles") == 0.5);
    assert_true(counters_value(rec, "instructions") == 2);
    assert_true(counters_value(rec, "ipc") == 4);
    assert_true(counters_value(rec, "l1d_misses") == 15.625);
    assert_true(counters_value(rec, "l2_misses") == 7.8125); /* of the second alternative */
    assert_true(counters_value(rec, "l3_misses") == 1.5625);
    assert_true(counters_value(rec, "branch_misses") == 0);
    assert_true(fabs(counters_value(rec, "dram_bytes") - 0.1) < 1e-12);
    assert_true(counters_value(rec, "core_ghz") > 0);
    assert_string_equal(bench_record_metric(rec, "cycles")->reason, "counted by PAPI");
    assert_string_equal(bench_record_metric(rec, "l1d_misses")->unit, "misses/1000 elements");
    const struct bench_metric *ratio = bench_record_metric(rec, "core_clock_vs_cycles");
    assert_non_null(strstr(ratio->reason, isnan(ratio->value) ? "could not be estimated" : "GHz, estimated"));
    /* Instructions, cycles, L1; instructions, L2, L3; instructions, branches. Each is warmed by one call. */
    assert_int_equal(counters_called, 3 * (CALLS + 1));
    assert_int_equal(fake_sets(), 0);
    dlclose(stay);
}

UNIT_TEST_WITH(a_group_that_miscounts_is_refused, use_fake, counters_drop)
{
    setenv("FAKE_INSTRUCTIONS", "0.9989", 1);
    const struct bench_record *rec = counters_count("auto,other::calls");
    counters_reason(rec, "cycles", false,
                    "counted 1997800 instructions of a loop of 2000000; expected them within 0.1 %");
    counters_reason(rec, "l3_misses", false, "refused: its group counted");
    counters_reason(rec, "other::calls", true, "not validated: PAPI_TOT_INS belongs to another component");
    setenv("FAKE_INSTRUCTIONS", "1.0009", 1);
    rec = counters_count("cycles");
    assert_true(counters_value(rec, "cycles") == 0.5);
}

UNIT_TEST_WITH(events_that_do_not_fit_are_said_to, use_fake, counters_drop)
{
    const struct bench_record *rec =
        counters_count("fake::unsociable,fake::negative,PAPI_L2_DCM,cycles,cycles,other::calls");
    assert_int_equal(rec->metric_count, 5);
    assert_true(counters_value(rec, "fake::unsociable") == 0.25 * ELEMENTS);
    counters_reason(rec, "fake::unsociable", true,
                    "not validated: the instruction count does not fit beside it");
    counters_reason(rec, "fake::negative", false, "fake::negative: PAPI counted -");
    counters_reason(rec, "PAPI_L2_DCM", false, "not counted by this CPU");
    assert_true(counters_value(rec, "cycles") == 0.5);
    assert_true(counters_value(rec, "other::calls") == 1);
    assert_string_equal(bench_record_metric(rec, "other::calls")->unit, "per call");
    setenv("FAKE_ROOM", "0", 1);
    rec = counters_count("auto");
    counters_reason(rec, "ipc", false, "PAPI_TOT_INS: does not fit");
    assert_int_equal(counters_called, 0);
}

UNIT_TEST_WITH(failures_are_reasons, use_fake, counters_drop)
{
    setenv("FAKE_START", "3", 1); /* two starts validate the one group */
    counters_reason(counters_count("ipc"), "ipc", false, "the counters are taken");
    setenv("FAKE_START", "1", 1);
    counters_reason(counters_count("ipc,cycles"), "cycles", false, "the counters are taken");
    setenv("FAKE_OPEN", "perf_event_open is forbidden", 1);
    const struct bench_record *rec = counters_count("auto,any::name,PAPI_ANY");
    counters_reason(rec, "any::name", false, "perf_event_open is forbidden");
    for (size_t m = 0; m < rec->metric_count; m++)
        counters_reason(rec, rec->metrics[m].name, false, "perf_event_open is forbidden");
    setenv("FAKE_VERSION", "7", 1);
    counters_reason(counters_count("cycles"), "cycles", false, "version 7; expected 2");
    setenv("QK_PAPI_MODULE", "/nowhere/module.so", 1);
    counters_reason(counters_count("cycles"), "cycles", false,
                    "/nowhere/module.so: cannot open shared object file");
}

/* The kernel opens what it refused so far. */
static void give_kernel_counters(void)
{
    fake_kernel_reset();
}

UNIT_TEST_WITH(the_kernel_counts_what_papi_does_not, use_fake, counters_drop)
{
    give_kernel_counters();
    const struct bench_record *rec = counters_count("auto,other::calls");
    counters_reason(rec, "cycles", true, "counted by PAPI");
    counters_reason(rec, "branches", true, "counted by perf_event_open");
    counters_reason(rec, "other::calls", true, "counted by PAPI; not validated");
    assert_true(fabs(counters_value(rec, "branches") - 1e5 / ELEMENTS) < 1e-9);
    static const char *const bad[][2] = {{"FAKE_INSTRUCTIONS", "0.99"},
                                         {"FAKE_ROOM", "0"},
                                         {"FAKE_START", "1"},
                                         {"FAKE_OPEN", "no table for this CPU"},
                                         {"FAKE_VERSION", "7"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv(bad[i][0], bad[i][1], 1);
        rec = counters_count("ipc,cycles");
        counters_reason(rec, "ipc", true, "counted by perf_event_open");
        counters_reason(rec, "cycles", true, "counted by perf_event_open");
        assert_true(fabs(counters_value(rec, "cycles") - 250.0 / ELEMENTS) < 1e-9);
        unsetenv(bad[i][0]);
    }
    /* Where both refuse, both are heard. */
    fake_kernel.refused[FAKE_INSTRUCTIONS] = fake_kernel.refused[FAKE_CYCLES] = 1;
    setenv("FAKE_ROOM", "0", 1);
    rec = counters_count("ipc");
    counters_reason(rec, "ipc", false, "PAPI_TOT_INS: does not fit; perf::INSTRUCTIONS: perf_event_open: ");
}

UNIT_TEST(who_counted_is_said_in_the_reason)
{
    static const struct {
        const char *reason, *by;
        double value;
    } of[] = {{"counted by PAPI", "PAPI", 1},
              {"counted by perf_event_open; not validated: x", "perf_event_open", 1},
              {"counted by PAPI", NULL, NAN},
              {"not validated: x", NULL, 1},
              {NULL, NULL, 1}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char reason[80];
        size_t length = 0;
        snprintf(reason, sizeof reason, "%s", of[i].reason ? of[i].reason : "");
        const struct bench_metric m = {.value = of[i].value, .reason = of[i].reason ? reason : NULL};
        const char *by = bench_counted_by(&m, &length);
        assert_int_equal(by != NULL, of[i].by != NULL);
        if (by)
            assert_true(length == strlen(of[i].by) && !strncmp(by, of[i].by, length));
        char papi_reason[] = "counted by PAPI; a remark";
        const struct bench_metric papi = {.value = 1, .reason = papi_reason};
        assert_int_equal(bench_counted_alike(&m, &papi), !by || of[i].by[0] == 'P');
    }
}

UNIT_TEST_WITH(names_are_checked, use_fake, counters_drop)
{
    static const char *const bad[][2] = {
        {"cycle", "unknown name 'cycle'; expected auto, none, steps, cycles, instructions"},
        {"", "unknown name ''"},
        {"cycles,", "unknown name ''"},
        {"none,cycles", "'none' stands alone"},
        {"cycles,PAPI_TYPO", "unknown name 'PAPI_TYPO': PAPI_TYPO: no such name"},
    };
    struct bench_counters *c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(bench_counters_make(&c, bad[i][0], &counters_err), QK_ERR_ARG);
        assert_null(c);
        assert_string_equal(counters_err.where, "--counters");
        if (!strstr(counters_err.text, bad[i][1]))
            fail_msg("found '%s', expected '%s'", counters_err.text, bad[i][1]);
    }
    assert_int_equal(bench_counters_make(&c, "steps", &counters_err), 0);
    assert_true(bench_counters_steps(c));
    bench_counters_free(c);
    assert_int_equal(counters_count("none")->metric_count, 0);
    assert_int_equal(counters_called, 0);
}

UNIT_TESTS(counters, NULL, NULL)
