/* SPDX-License-Identifier: MIT */
#include "harness/engine/buffers.h"

#include "kernels/tests/cmocka_parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    assert_int_equal(bench_map_padding(4097), 4095);
    assert_int_equal(bench_map_padding(4096), 0);
    bench_unmap(p, 4097);
    assert_null(bench_map(0));
    assert_null(bench_map(SIZE_MAX));
    bench_unmap(NULL, 4096);
}

/* Does a process end when it touches that byte? */
static bool forbidden(const volatile unsigned char *at)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        _exit(*at);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

UNIT_TEST(pages_that_cannot_be_touched_stand_around)
{
    static const size_t sizes[] = {1, 4096, 4097, 32 << 20, (32 << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t room = sizes[i] + bench_map_padding(sizes[i]);
        unsigned char *const p = bench_map(sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % (sizes[i] < 32 << 20 ? 4096 : 2 << 20), 0);
        assert_true(forbidden(p - 1) && forbidden(p + room));
        assert_false(forbidden(p) || forbidden(p + room - 1));
        bench_unmap(p, sizes[i]);
    }
}

/* What one call left in the outputs is wrong for the next, with every op. */
UNIT_TEST(every_op_alternates_between_two_results)
{
    for (int op = 0; op < QK_OP_COUNT; op++) {
        const struct qk_case *const on = qk_op_row((enum qk_op)op)->on;
        struct bench_group one = {.op = (enum qk_op)op};
        struct bench_buffers b, view;
        char text[QK_SHAPE_TEXT];
        qk_shape_word(on->sets[0].shapes, text);
        assert_int_equal(qk_shape_parse(text, &one.shape, &err), 0);
        assert_int_equal(bench_buffers_fill(&b, &one, 7, &err), 0);
        assert_int_equal(bench_buffers_expect(&b, &err), 0);
        assert_true(on->alternates && !(on->alternates >> b.plan.buffer_count));
        size_t elements = 0, differ = 0;
        /* Where two calls are made, in one go or not, it is the second value's result that stays. */
        assert_int_equal(bench_buffers_view(&view, &b, qk_reference(one.op), &err), 0);
        bench_buffers_call(&view, qk_reference(one.op)->fn, 1);
        assert_true(b.turn);
        bench_buffers_call(&view, qk_reference(one.op)->fn, 3);
        assert_false(b.turn);
        for (int i = 0; i < b.plan.buffer_count; i++) {
            const struct qk_buffer *const buffer = &b.plan.buffers[i];
            assert_false((on->alternates >> i & 1) && buffer->output);
            assert_int_equal(b.at[i] != b.odd[i], on->alternates >> i & 1);
            for (size_t k = 0; buffer->output && k < buffer->bytes; k += buffer->align) {
                elements++;
                differ += memcmp((char *)b.at[i] + k, (char *)b.expected[i] + k, buffer->align) != 0;
            }
        }
        if (2 * differ <= elements)
            fail_msg("%s: %zu of %zu elements differ", qk_op_row(one.op)->name, differ, elements);
        /* What a slice wrote over is put right, both values of it. */
        for (int i = 0; i < b.plan.buffer_count; i++)
            if (on->alternates >> i & 1) {
                const unsigned char was = *(unsigned char *)b.odd[i];
                *(unsigned char *)b.odd[i] ^= 1;
                assert_int_equal(bench_buffers_refill(&b, 7, &err), 0);
                assert_int_equal(*(unsigned char *)b.odd[i], was);
            }
        bench_buffers_view_free(&view);
        bench_buffers_free(&b);
    }
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
    assert_int_equal(bench_buffers_fill(&b, &group, 7, &err), 0);
    assert_int_equal(bench_buffers_expect(&b, &err), 0);
    const struct qk_variant *reference = qk_reference(group.op);
    assert_true(bench_buffers_same(&b, reference, why, sizeof why));
    /*
     * Right results stand in the outputs now; a variant that writes nothing must not be taken for a right
     * one.
     */
    struct qk_variant idle = *reference;
    idle.fn = (qk_fn *)copy_nothing;
    assert_false(bench_buffers_same(&b, &idle, why, sizeof why));
    assert_true(strlen(why) > 0);
    idle.kind = QK_CEILING;
    assert_true(bench_buffers_same(&b, &idle, why, sizeof why));
    /* The same for the second value, and right results for the first are wrong there. */
    b.turn = true;
    assert_false(bench_buffers_same(&b, reference, why, sizeof why));
    assert_int_equal(bench_buffers_expect(&b, &err), 0);
    assert_true(bench_buffers_same(&b, reference, why, sizeof why));
    assert_true(b.turn);
    assert_true(bench_buffers_time(&b, reference->fn) > 0);
    bench_buffers_drop_expected(&b);
    bench_buffers_free(&b);
    bench_buffers_free(&b);
}

UNIT_TEST(the_seed_makes_the_inputs)
{
    struct bench_buffers a, b, c;
    assert_int_equal(bench_buffers_fill(&a, &group, 7, &err), 0);
    assert_int_equal(bench_buffers_fill(&b, &group, 7, &err), 0);
    assert_int_equal(bench_buffers_fill(&c, &group, 8, &err), 0);
    for (int i = 0; i < a.plan.buffer_count; i++)
        if (!a.plan.buffers[i].output && a.plan.buffers[i].bytes > 16) {
            assert_memory_equal(a.at[i], b.at[i], a.plan.buffers[i].bytes);
            assert_memory_not_equal(a.at[i], c.at[i], a.plan.buffers[i].bytes);
        }
    bench_buffers_free(&a);
    bench_buffers_free(&b);
    bench_buffers_free(&c);
}

static bool writes(void *at)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile unsigned char *)at = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status);
}

UNIT_TEST(a_prepared_row_has_buffers_of_its_own)
{
    struct bench_group one = {.op = QK_OP_ternary_gemv, .name = "64x512", .shape = {2, {64, 512}}};
    const struct qk_variant *const plain = qk_reference(one.op);
    const struct qk_variant *const other = qk_table_find(qk_table_builtin(), "ternary_gemv", "i2s16_avx2");
    struct bench_buffers b, view, product, second = {.of = NULL};
    char why[400];
    assert_int_equal(bench_buffers_fill(&b, &one, 7, &err), 0);
    assert_int_equal(bench_buffers_view(&view, &b, plain, &err), 0);
    assert_int_equal(bench_buffers_product(&product, &view, plain, &err), 0);
    assert_true(view.load_ns > 0);
    for (int i = 0; i < b.plan.buffer_count; i++) {
        const enum qk_use use = view.plan.buffers[i].use;
        assert_int_equal(!b.at[i], qk_owned(&b.plan.buffers[i]));
        assert_int_equal(view.at[i] != b.at[i], qk_owned(&b.plan.buffers[i]));
        assert_int_equal(product.at[i] != view.at[i], use == QK_SCRATCH);
        assert_int_equal(writes(view.at[i]), use != QK_LOADED);
    }
    for (int turn = 0; turn < 2; turn++) {
        b.turn = turn;
        assert_int_equal(bench_buffers_expect(&b, &err), 0);
        assert_true(bench_buffers_same(&view, plain, why, sizeof why));
        assert_true(bench_buffers_same(&product, plain, why, sizeof why));
        assert_int_equal(b.turn, turn);
        b.turn = !turn; /* the other value's results are wrong */
        assert_false(bench_buffers_same(&view, plain, why, sizeof why));
        assert_false(bench_buffers_same(&product, plain, why, sizeof why));
    }
    bench_buffers_view_free(&product);
    bench_buffers_view_free(&view);
    bench_buffers_free(&b);
    one.shape = (struct qk_shape){3, {64, 512, 64}};
    assert_int_equal(bench_buffers_fill(&b, &one, 7, &err), 0);
    if (other) {
        assert_int_equal(bench_buffers_view(&second, &b, other, &err), QK_ERR_UNAVAILABLE);
        assert_non_null(strstr(err.text, "no scales of such groups"));
    }
    bench_buffers_view_free(&second);
    bench_buffers_free(&b);
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
    assert_int_equal(bench_buffers_fill(&b, &odd, 7, &err), QK_ERR_ARG);
    bench_buffers_free(&b);
    odd.shape.dim[0] = (size_t)1 << 50;
    assert_int_equal(bench_buffers_fill(&b, &odd, 7, &err), QK_ERR_MEMORY);
    bench_buffers_free(&b);
    odd = group;
    odd.inputs.verify = refuse;
    assert_int_equal(bench_buffers_fill(&b, &odd, 7, &err), 0);
    assert_int_equal(bench_buffers_expect(&b, &err), QK_ERR_CHECK);
    bench_buffers_free(&b);
}

UNIT_TESTS(buffers, NULL, NULL)
