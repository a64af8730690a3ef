/* SPDX-License-Identifier: MIT */
/*
 * Counters on a machine whose counts are known (fake_papi.c), and the real PAPI on software-defined events, which need
 * no PMU.
 */
#include "harness/counters/counters.h"

#include "harness/counters/config.h"
#include "harness/counters/papi_module.h"
#include "harness/engine/run.h"
#include "harness/records/tests/fixture.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS = 1000, ELEMENTS = 6400, BYTES = 999 };

static struct qk_error err;
static struct bench_sample_set set;
static uint64_t called;

static void call(void *ctx, uint64_t calls)
{
    (void)ctx;
    called += calls;
}

/* Counts one case into a record of `set`. */
static struct bench_record *count(const char *list)
{
    const struct bench_counted what = {call, NULL, CALLS, ELEMENTS, BYTES};
    struct bench_counters *c;
    struct bench_record *rec = bench_sample_set_add(&set, "op", "variant", list);
    assert_non_null(rec);
    called = 0;
    if (bench_counters_make(&c, list, &err))
        fail_msg("%s: %s", err.where, err.text);
    assert_int_equal(bench_counters_count(c, &what, rec, &err), 0);
    bench_counters_free(c);
    return rec;
}

static double value(const struct bench_record *rec, const char *name)
{
    const struct bench_metric *metric = bench_record_metric(rec, name);
    assert_non_null(metric);
    if (isnan(metric->value))
        fail_msg("%s: %s", name, metric->reason);
    return metric->value;
}

static void assert_reason(const struct bench_record *rec, const char *name, bool valued, const char *reason)
{
    const struct bench_metric *metric = bench_record_metric(rec, name);
    assert_non_null(metric);
    assert_int_equal(!isnan(metric->value), valued);
    if (!metric->reason || !strstr(metric->reason, reason))
        fail_msg("%s: found '%s', expected '%s'", name, metric->reason ? metric->reason : "nothing", reason);
}

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
    bench_sample_set_init(&set);
    return setenv("QK_PAPI_MODULE", FAKE_PAPI, 1);
}

UNIT_FIXTURE(use_real)
{
    bench_sample_set_init(&set);
    return unsetenv("QK_PAPI_MODULE");
}

UNIT_FIXTURE(drop)
{
    bench_sample_set_free(&set);
    return 0;
}

UNIT_TEST(metrics_are_their_formulas)
{
    void *stay = dlopen(FAKE_PAPI, RTLD_NOW);
    assert_non_null(stay);
    const struct bench_record *rec = count("auto");
    assert_int_equal(rec->metric_count, 10);
    assert_true(value(rec, "cycles") == 0.5);
    assert_true(value(rec, "instructions") == 2);
    assert_true(value(rec, "ipc") == 4);
    assert_true(value(rec, "l1d_misses") == 15.625);
    assert_true(value(rec, "l2_misses") == 7.8125); /* of the second alternative */
    assert_true(value(rec, "l3_misses") == 1.5625);
    assert_true(value(rec, "branch_misses") == 0);
    assert_true(fabs(value(rec, "dram_bytes") - 0.1) < 1e-12);
    assert_true(value(rec, "core_ghz") > 0);
    assert_null(bench_record_metric(rec, "cycles")->reason);
    assert_string_equal(bench_record_metric(rec, "l1d_misses")->unit, "misses/1000 elements");
    const struct bench_metric *ratio = bench_record_metric(rec, "core_clock_vs_cycles");
    assert_non_null(strstr(ratio->reason, isnan(ratio->value) ? "could not be estimated" : "GHz, estimated"));
    /* Instructions, cycles, L1; instructions, L2, L3; instructions, branches. Each is warmed by one call. */
    assert_int_equal(called, 3 * (CALLS + 1));
    assert_int_equal(fake_sets(), 0);
    dlclose(stay);
}

UNIT_TEST(a_group_that_miscounts_is_refused)
{
    setenv("FAKE_INSTRUCTIONS", "0.9989", 1);
    const struct bench_record *rec = count("auto,other::calls");
    assert_reason(rec, "cycles", false,
                  "counted 1997800 instructions of a loop of 2000000; expected them within 0.1 %");
    assert_reason(rec, "l3_misses", false, "refused: its group counted");
    assert_reason(rec, "other::calls", true, "not validated: PAPI_TOT_INS belongs to another component");
    setenv("FAKE_INSTRUCTIONS", "1.0009", 1);
    rec = count("cycles");
    assert_true(value(rec, "cycles") == 0.5);
}

UNIT_TEST(events_that_do_not_fit_are_said_to)
{
    const struct bench_record *rec =
        count("fake::unsociable,fake::negative,PAPI_L2_DCM,cycles,cycles,other::calls");
    assert_int_equal(rec->metric_count, 5);
    assert_true(value(rec, "fake::unsociable") == 0.25 * ELEMENTS);
    assert_reason(rec, "fake::unsociable", true,
                  "not validated: the instruction count does not fit beside it");
    assert_reason(rec, "fake::negative", false, "fake::negative: PAPI counted -");
    assert_reason(rec, "PAPI_L2_DCM", false, "not counted by this CPU");
    assert_true(value(rec, "cycles") == 0.5);
    assert_true(value(rec, "other::calls") == 1);
    assert_string_equal(bench_record_metric(rec, "other::calls")->unit, "per call");
    setenv("FAKE_ROOM", "0", 1);
    rec = count("auto");
    assert_reason(rec, "ipc", false, "PAPI_TOT_INS: does not fit");
    assert_int_equal(called, 0);
}

UNIT_TEST(failures_are_reasons)
{
    setenv("FAKE_START", "3", 1); /* two starts validate the one group */
    assert_reason(count("ipc"), "ipc", false, "the counters are taken");
    setenv("FAKE_START", "1", 1);
    assert_reason(count("ipc,cycles"), "cycles", false, "the counters are taken");
    setenv("FAKE_OPEN", "perf_event_open is forbidden", 1);
    const struct bench_record *rec = count("auto,any::name,PAPI_ANY");
    assert_reason(rec, "any::name", false, "perf_event_open is forbidden");
    for (size_t m = 0; m < rec->metric_count; m++)
        assert_reason(rec, rec->metrics[m].name, false, "perf_event_open is forbidden");
    setenv("FAKE_VERSION", "7", 1);
    assert_reason(count("cycles"), "cycles", false, "version 7; expected 1");
    setenv("QK_PAPI_MODULE", "/nowhere/module.so", 1);
    assert_reason(count("cycles"), "cycles", false, "/nowhere/module.so: cannot open shared object file");
}

UNIT_TEST(names_are_checked)
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
        assert_int_equal(bench_counters_make(&c, bad[i][0], &err), QK_ERR_ARG);
        assert_null(c);
        assert_string_equal(err.where, "--counters");
        if (!strstr(err.text, bad[i][1]))
            fail_msg("found '%s', expected '%s'", err.text, bad[i][1]);
    }
    assert_int_equal(bench_counters_make(&c, "steps", &err), 0);
    assert_true(bench_counters_steps(c));
    bench_counters_free(c);
    assert_int_equal(count("none")->metric_count, 0);
    assert_int_equal(called, 0);
}

/* Where the module could not be used, for one of the two reasons that are no fault. */
static void skip_without_papi(const struct bench_record *rec, const char *name)
{
    const struct bench_metric *metric = bench_record_metric(rec, name);
    if (!isnan(metric->value))
        return;
    print_message("# no PAPI here: %s\n", metric->reason);
    assert_true(!QK_HAVE_PAPI || strstr(metric->reason, "cannot open shared object file"));
    skip();
}

UNIT_TEST(papi_reads_what_the_harness_publishes)
{
    const struct bench_record *rec =
        count("sde:::qkbench::calls,sde:::qkbench::elements,sde:::qkbench::bytes,sde:::qkbench::nothing");
    skip_without_papi(rec, "sde:::qkbench::calls");
    assert_true(value(rec, "sde:::qkbench::calls") == 1);
    assert_true(value(rec, "sde:::qkbench::elements") == ELEMENTS);
    assert_true(value(rec, "sde:::qkbench::bytes") == BYTES);
    assert_reason(rec, "sde:::qkbench::bytes", true,
                  "not validated: PAPI_TOT_INS belongs to another component");
    assert_reason(rec, "sde:::qkbench::nothing", false, "PAPI counted -1");
    assert_int_equal(called, CALLS + 1);
}

/* With a PMU or without: a value, or a reason of PAPI's own. */
UNIT_TEST(every_metric_has_a_value_or_a_reason)
{
    const struct bench_record *rec = count("auto");
    assert_int_equal(rec->metric_count, 10);
    for (size_t m = 0; m < rec->metric_count; m++) {
        const struct bench_metric *metric = &rec->metrics[m];
        assert_true(isnan(metric->value) ? metric->reason && *metric->reason : metric->value >= 0);
    }
}

UNIT_TEST(a_run_of_known_length_is_read_back)
{
    char pattern[] = "qk256_dequant/scalar/256";
    char *patterns[] = {pattern};
    struct qk_cpu isa;
    struct bench_matrix m;
    bool failed;
    struct bench_run_config cfg = {
        .job = {.table = qk_table_builtin(), .quick = true, .seed = 1, .isa = &isa},
        .count = bench_counters_arm};
    bench_environment_read(&set.env, 0);
    assert_int_equal(qk_cpu_detect(&isa, NULL, &err), 0);
    assert_int_equal(bench_counters_make(&cfg.counters,
                                         "sde:::qkbench::calls,sde:::qkbench::elements,"
                                         "sde:::qkbench::bytes",
                                         &err),
                     0);
    assert_int_equal(bench_matrix_make(&m, qk_table_builtin(), patterns, 1, "seed", &set.env, &err), 0);
    assert_int_equal(bench_run(&m, &cfg, &set, &failed, &err), 0);
    bench_matrix_free(&m);
    bench_counters_free(cfg.counters);
    assert_int_equal(set.record_count, 1);
    const struct bench_record *rec = set.records;
    skip_without_papi(rec, "sde:::qkbench::calls");
    assert_true(value(rec, "sde:::qkbench::calls") == 1);
    assert_true(value(rec, "sde:::qkbench::elements") == rec->elements);
    assert_true(value(rec, "sde:::qkbench::bytes") == rec->bytes_read + rec->bytes_written);
    for (size_t b = 0; b < rec->block_count; b++)
        assert_true(rec->blocks[b].events.recorded);
}

TEST_PART(counters)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metrics_are_their_formulas, use_fake, drop),
        cmocka_unit_test_setup_teardown(a_group_that_miscounts_is_refused, use_fake, drop),
        cmocka_unit_test_setup_teardown(events_that_do_not_fit_are_said_to, use_fake, drop),
        cmocka_unit_test_setup_teardown(failures_are_reasons, use_fake, drop),
        cmocka_unit_test_setup_teardown(names_are_checked, use_fake, drop),
        cmocka_unit_test_setup_teardown(papi_reads_what_the_harness_publishes, use_real, drop),
        cmocka_unit_test_setup_teardown(every_metric_has_a_value_or_a_reason, use_real, drop),
        cmocka_unit_test_setup_teardown(a_run_of_known_length_is_read_back, use_real, drop),
    };
    return cmocka_run_group_tests_name("harness/counters", tests, NULL, NULL);
}
