/* SPDX-License-Identifier: MIT */
/*
 * The real PAPI. The tests tell libpfm to use a PMU that it knows, whatever this CPU is. A fake kernel
 * counts. Software-defined events need no PMU.
 */
#include "harness/counters/tests/counters_fixture.h"
#include "harness/engine/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

UNIT_FIXTURE(use_papi)
{
    return counters_use(NULL, true);
}

/* Two generations back from what this libpfm is too old for, and in PAPI's table of presets. */
#define PMU "amd64_fam17h_zen2"

UNIT_TEST_WITH(papi_counts_on_a_pmu_it_knows, use_papi, counters_drop)
{
    fake_kernel_reset();
    const struct bench_record *rec = counters_count("cycles,instructions,ipc,branches,branch_misses");
    const struct bench_metric *ipc = bench_record_metric(rec, "ipc");
    size_t length = 0;
    const char *by = bench_counted_by(ipc, &length);
    if (!by || strncmp(by, "PAPI", 4) != 0) {
        struct bench_record *why = counters_count("PAPI_TOT_INS");
        print_message("# libpfm was told of " PMU "; PAPI still refuses: %s\n", why->metrics[0].reason);
        skip();
    }
    assert_true(fabs(counters_value(rec, "cycles") - 250.0 / ELEMENTS) < 1e-9);
    assert_true(fabs(counters_value(rec, "instructions") - 1000.0 / ELEMENTS) < 1e-9);
    assert_true(counters_value(rec, "ipc") == 4);
    for (size_t m = 0; m < rec->metric_count; m++)
        counters_reason(rec, rec->metrics[m].name, true, "counted by PAPI");
    /* The loop of known length is held against PAPI's count, too. */
    fake_kernel.known_loop = 0.99;
    rec = counters_count("PAPI_TOT_INS");
    counters_reason(rec, "PAPI_TOT_INS", false, "counted 1980000 instructions of a loop of 2000000");
}

UNIT_TEST_WITH(papi_reads_what_the_harness_publishes, use_papi, counters_drop)
{
    const struct bench_record *rec = counters_count(
        "sde:::qkbench::calls,sde:::qkbench::elements,sde:::qkbench::bytes,sde:::qkbench::nothing");
    counters_need_papi(rec, "sde:::qkbench::calls");
    assert_true(counters_value(rec, "sde:::qkbench::calls") == 1);
    assert_true(counters_value(rec, "sde:::qkbench::elements") == ELEMENTS);
    assert_true(counters_value(rec, "sde:::qkbench::bytes") == BYTES);
    counters_reason(rec, "sde:::qkbench::bytes", true,
                    "not validated: PAPI_TOT_INS belongs to another component");
    counters_reason(rec, "sde:::qkbench::nothing", false, "PAPI counted -1");
    assert_int_equal(counters_called, CALLS + 1);
}

UNIT_TEST_WITH(a_run_of_known_length_is_read_back, use_papi, counters_drop)
{
    char pattern[] = "qk256_dequant/scalar/256";
    char *patterns[] = {pattern};
    struct qk_cpu isa;
    struct bench_matrix m;
    bool failed;
    struct bench_run_config cfg = {
        .job = {.table = qk_table_builtin(), .quick = true, .seed = 1, .isa = &isa},
        .count = bench_counters_case};
    bench_environment_read(&counters_set.env, 0);
    assert_int_equal(qk_cpu_detect(&isa, NULL, &counters_err), 0);
    assert_int_equal(bench_counters_make(&cfg.counters,
                                         "sde:::qkbench::calls,sde:::qkbench::elements,sde:::qkbench::bytes",
                                         &counters_err),
                     0);
    assert_int_equal(
        bench_matrix_make(&m, qk_table_builtin(), patterns, 1, "seed", &counters_set.env, &counters_err), 0);
    assert_int_equal(bench_run(&m, &cfg, &counters_set, &failed, &counters_err), 0);
    bench_matrix_free(&m);
    bench_counters_free(cfg.counters);
    assert_int_equal(counters_set.record_count, 1);
    const struct bench_record *rec = counters_set.records;
    counters_need_papi(rec, "sde:::qkbench::calls");
    assert_true(counters_value(rec, "sde:::qkbench::calls") == 1);
    assert_true(counters_value(rec, "sde:::qkbench::elements") == rec->elements);
    assert_true(counters_value(rec, "sde:::qkbench::bytes") == rec->bytes_read + rec->bytes_written);
    for (size_t b = 0; b < rec->block_count; b++)
        assert_true(rec->blocks[b].events.recorded);
}

TEST_PART(papi)
{
    setenv("LIBPFM_FORCE_PMU", PMU, 1);
    return unit_tests_run(argv[0], NULL, NULL);
}
