/* SPDX-License-Identifier: MIT */
#include "harness/engine/buffers.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <string.h>

static struct bench_group group = {.op = QK_OP_qk256_dequant, .name = "512", .shape = {1, {512}}};
static struct qk_error err;

UNIT_TEST(pages_are_whole_zeroed_and_aligned)
{
    unsigned char *p = bench_map(4097);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 4096, 0);
    for (size_t i = 0; i < 8192; i++)
        assert_int_equal(p[i], 0);
    memset(p, 1, 8192);
    bench_unmap(p, 4097);
    assert_null(bench_map(0));
    assert_null(bench_map(SIZE_MAX));
    bench_unmap(NULL, 4096);
}

static void copy_nothing(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                         const float *restrict lut, size_t blocks)
{
    (void)out, (void)codes, (void)scale, (void)lut, (void)blocks;
}

UNIT_TEST(results_are_compared_with_the_reference)
{
    struct bench_buffers b;
    char why[200] = "";
    assert_int_equal(bench_buffers_make(&b, &group, 7, &err), 0);
    const struct qk_variant *reference = qk_reference(group.op);
    assert_true(bench_buffers_same(&b, reference, why, sizeof why));
    /* Right results stand in the outputs now; a variant that writes nothing must not be taken for a right one. */
    struct qk_variant idle = *reference;
    idle.fn = (qk_fn *)copy_nothing;
    assert_false(bench_buffers_same(&b, &idle, why, sizeof why));
    assert_true(strlen(why) > 0);
    idle.kind = QK_CEILING;
    assert_true(bench_buffers_same(&b, &idle, why, sizeof why));
    assert_true(bench_buffers_time(&b, reference->fn) > 0);
    bench_buffers_drop_expected(&b);
    bench_buffers_free(&b);
    bench_buffers_free(&b);
}

UNIT_TEST(the_seed_makes_the_inputs)
{
    struct bench_buffers a, b, c;
    assert_int_equal(bench_buffers_make(&a, &group, 7, &err), 0);
    assert_int_equal(bench_buffers_make(&b, &group, 7, &err), 0);
    assert_int_equal(bench_buffers_make(&c, &group, 8, &err), 0);
    for (int i = 0; i < a.plan.buffer_count; i++)
        if (!a.plan.buffers[i].output && a.plan.buffers[i].bytes > 16) {
            assert_memory_equal(a.at[i], b.at[i], a.plan.buffers[i].bytes);
            assert_memory_not_equal(a.at[i], c.at[i], a.plan.buffers[i].bytes);
        }
    bench_buffers_free(&a);
    bench_buffers_free(&b);
    bench_buffers_free(&c);
}

static int refuse(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *e)
{
    (void)ctx, (void)plan, (void)buffers;
    return qk_fail(e, QK_ERR_CHECK, "here", "refused");
}

UNIT_TEST(failures_leave_something_to_free)
{
    struct bench_buffers b;
    struct bench_group odd = group;
    odd.shape.dim[0] = 255;
    assert_int_equal(bench_buffers_make(&b, &odd, 7, &err), QK_ERR_ARG);
    bench_buffers_free(&b);
    odd.shape.dim[0] = (size_t)1 << 50;
    assert_int_equal(bench_buffers_make(&b, &odd, 7, &err), QK_ERR_MEMORY);
    bench_buffers_free(&b);
    odd = group;
    odd.inputs.verify = refuse;
    assert_int_equal(bench_buffers_make(&b, &odd, 7, &err), QK_ERR_CHECK);
    bench_buffers_free(&b);
}

TEST_PART(buffers)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_whole_zeroed_and_aligned),
        cmocka_unit_test(results_are_compared_with_the_reference),
        cmocka_unit_test(the_seed_makes_the_inputs),
        cmocka_unit_test(failures_leave_something_to_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
