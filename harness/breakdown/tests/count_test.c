/* SPDX-License-Identifier: MIT */
/*
 * Counts of each prefix: on a machine whose counts are known (counters/tests/fake_papi.c), and by single
 * steps.
 */
#include "harness/breakdown/breakdown.h"
#include "harness/counters/counters.h"
#include "harness/machine/pinning.h"

#include "harness/counters/tests/step_fixture.h"

#include <math.h>

static struct qk_error err;
static struct qk_cpu isa;
static struct bench_environment env;
static bool traps;

static void run(struct bench_breakdown *bd, const char *counters, int expected)
{
    char pattern[] = "qk256_dequant/scalar/512";
    char *list[] = {pattern};
    struct bench_matrix m;
    struct bench_run_config cfg = {
        .job = {
            .table = qk_table_builtin(), .quick = true, .seed = 5, .cpu = bench_pin(-1, NULL), .isa = &isa}};
    memset(bd, 0, sizeof *bd);
    if (bench_counters_make(&cfg.counters, counters, &err))
        fail_msg("%s", err.text);
    assert_int_equal(bench_breakdown_matrix(&m, qk_table_builtin(), list, 1, NULL, &env, &err), 0);
    assert_int_equal(bench_breakdown_run(bd, &m, &cfg, &err), expected);
    bench_matrix_free(&m);
    bench_counters_free(cfg.counters);
}

static const struct bench_breakdown_count *find(const struct bench_breakdown *bd, const char *name)
{
    for (size_t c = 0; c < bd->rows[0].count_count; c++)
        if (!strcmp(bd->rows[0].counts[c].name, name))
            return &bd->rows[0].counts[c];
    fail_msg("%s is not there", name);
    return NULL;
}

/* The same half a cycle an element in each prefix: all of it is the first component's. */
UNIT_TEST(events_are_counted_of_each_prefix)
{
    struct bench_breakdown bd;
    run(&bd, "cycles,ipc,other::calls,fake::negative,PAPI_L2_DCM", 0);
    assert_int_equal(bd.rows[0].count_count, 5);
    const struct bench_breakdown_count *c = find(&bd, "cycles");
    assert_string_equal(c->shape, "512");
    assert_string_equal(c->unit, "cycles/element");
    for (size_t i = 0; i <= bd.rows[0].stages; i++)
        assert_true(c->value[i] == 0.5);
    assert_true(bench_breakdown_counted(c, 0) == 0.5 && bench_breakdown_counted(c, 4) == 0);
    c = find(&bd, "other::calls");
    assert_true(c->adds_up && c->value[3] == 1);
    c = find(&bd, "ipc");
    assert_true(c->value[5] == 4 && !c->adds_up && isnan(bench_breakdown_counted(c, 0)));
    const char *const bad[] = {"fake::negative", "PAPI_L2_DCM"};
    for (size_t i = 0; i < 2; i++) {
        c = find(&bd, bad[i]);
        assert_true(isnan(c->value[0]) && isnan(c->value[5]) && isnan(bench_breakdown_counted(c, 1)));
        assert_non_null(strstr(c->why, bad[i]));
    }
    bench_breakdown_free(&bd);
    run(&bd, "none", 0);
    assert_int_equal(bd.rows[0].count_count, 0);
    bench_breakdown_free(&bd);
}

UNIT_TEST(steps_are_exact_and_add_up)
{
    const struct qk_variant *v = qk_reference(QK_OP_qk256_dequant);
    struct bench_breakdown bd;
    struct bench_steps whole;
    double sum = 0;
    run(&bd, "steps", 0);
    const struct bench_breakdown_count *c = find(&bd, "steps");
    assert_string_equal(c->shape, "256");
    if (!traps) {
        assert_true(isnan(c->value[0]) && *c->why);
        bench_breakdown_free(&bd);
        return;
    }
    assert_int_equal(bench_steps_smallest(v, STEP_TEST_SEED, NULL, &whole, &err), 0);
    assert_true(c->value[5] == (double)whole.instructions && c->value[4] == c->value[5]);
    for (size_t i = 0; i < bd.rows[0].stages; i++) {
        assert_true(bench_breakdown_counted(c, i) > 0);
        sum += bench_breakdown_counted(c, i);
    }
    assert_true(sum == (double)whole.instructions);
    /* What they consist of adds up as well: each instruction is of one class. */
    for (size_t a = 0; a <= bd.rows[0].stages && whole.has_kinds; a++) {
        sum = 0;
        for (size_t i = 0; i < bd.rows[0].count_count; i++)
            for (int k = 0; k < BENCH_STEP_CLASSES; k++)
                if (!strncmp(bd.rows[0].counts[i].name, "steps.", 6) &&
                    !strcmp(bd.rows[0].counts[i].name + 6, bench_step_kind_name(k)))
                    sum += bd.rows[0].counts[i].value[a];
        assert_true(sum == c->value[a]);
    }
    bench_breakdown_free(&bd);
}

TEST_PART(count)
{
    setenv("QK_PAPI_MODULE", FAKE_PAPI, 1);
    env.caches[0] = (struct bench_cache){1, "Data", 32 << 10, 1};
    env.cache_count = 1;
    traps = step_test_traps();
    if (qk_cpu_detect(&isa, NULL, &err))
        return 1;
    return unit_tests_run(argv[0], NULL, NULL);
}
