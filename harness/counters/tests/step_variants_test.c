/* SPDX-License-Identifier: MIT */
/* Every variant that runs here, whatever its ISA, can be counted, and the count is always the same. */
#include "harness/counters/step.h"

#include "harness/counters/tests/step_fixture.h"
#include "harness/engine/buffers.h"
#include "kernels/table/table.h"

#include <stdlib.h>
#include <string.h>

static struct qk_cpu cpu;

UNIT_FIXTURE(set_up)
{
    return qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), NULL);
}

/*
 * A step costs microseconds: a hundred counts of a short kernel, at least two of a long one, for how they are
 * counted is the same. QK_STEP_REPETITIONS=100 is for all.
 */
static int repetitions_of(uint64_t instructions)
{
    enum { MOST = 100 };
    const char *asked = getenv("QK_STEP_REPETITIONS");
    const uint64_t affordable = UINT64_C(5000) / (instructions + 1);
    return asked ? atoi(asked) : affordable < 2 ? 2 : affordable > MOST ? MOST : (int)affordable;
}

/* Every variant that runs here, on the same inputs: what a branch does may depend on them. */
UNIT_TEST(counts_repeat)
{
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        struct bench_steps first, again;
        struct qk_error err;
        uint64_t sum = 0;
        if (qk_variant_missing(v, &cpu))
            continue;
        assert_int_equal(bench_steps_smallest(v, STEP_TEST_SEED, NULL, &first, &err), 0);
        for (int k = 0; k < BENCH_STEP_CLASSES; k++)
            sum += first.kinds[k];
        assert_true(sum == (first.has_kinds ? first.instructions : 0));
        const int repetitions = repetitions_of(first.instructions);
        for (int r = 1; r < repetitions; r++) {
            assert_works(bench_steps_smallest(v, STEP_TEST_SEED, NULL, &again, &err), err);
            assert_int_equal(again.instructions, first.instructions);
            assert_memory_equal(again.kinds, first.kinds, sizeof first.kinds);
        }
        printf("# %s/%s: %llu instructions, %d times\n", v->op_name, v->name,
               (unsigned long long)first.instructions, repetitions);
    }
}

UNIT_TEST(the_last_stage_is_the_kernel)
{
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        const int last = qk_stage_count(v->op) - 1;
        struct bench_group group = {.op = v->op, .name = "smallest"};
        struct bench_buffers buffers;
        struct bench_steps whole, cut;
        struct qk_plan plan;
        struct qk_error err;
        qk_fn *fn;
        if (qk_variant_missing(v, &cpu) || !qk_variant_upto(v, last, &fn))
            continue;
        assert_int_equal(bench_steps_smallest_shape(v->op, &group.shape, &plan, &err), 0);
        assert_int_equal(bench_buffers_fill(&buffers, &group, STEP_TEST_SEED, &err), 0);
        assert_int_equal(bench_steps_fn(v->op, v->fn, &plan, buffers.at, NULL, &whole, &err), 0);
        assert_int_equal(bench_steps_fn(v->op, fn, &plan, buffers.at, NULL, &cut, &err), 0);
        assert_int_equal(cut.instructions, whole.instructions);
        assert_true(qk_variant_upto(v, 0, &fn));
        assert_int_equal(bench_steps_fn(v->op, fn, &plan, buffers.at, NULL, &cut, &err), 0);
        assert_true(cut.instructions < whole.instructions);
        bench_buffers_free(&buffers);
    }
}

TEST_PART(step_variants)
{
    if (!step_test_can())
        return 0;
    return unit_tests_run(argv[0], set_up, NULL);
}
