/* SPDX-License-Identifier: MIT */
/* The small parts: comparison of logits, the pool of threads, f32 to f16. */
#include "kernels/f16.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/compare_logits.h"
#include "model/forward/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

UNIT_TEST(logits_compare_as_computed_by_hand)
{
    const float want[] = {3, 0, 4, 0, 1, 2}, got[] = {3, 0, 4.5f, 3, 1, 2};
    struct model_logits_position each[2];
    struct model_logits_comparison all;
    model_compare_logits(got, want, 2, 3, each, &all);
    assert_true(fabs(each[0].relative_rms - 0.1) < 1e-12); /* 0.5 / 5 */
    assert_true(fabs(each[1].relative_rms - 3 / sqrt(5)) < 1e-12);
    assert_true(fabs(all.relative_rms - sqrt(9.25 / 30)) < 1e-12);
    assert_true(all.worst == each[1].relative_rms && all.worst_position == 1);
    assert_true(each[0].gap == 1 && each[1].gap == 1 && all.smallest_gap == 1);
    assert_true(each[1].argmax == 0 && each[1].reference_argmax == 2);
    assert_true(all.agree == 1 && all.positions == 2 && all.widest_disagreement == 1);
}

UNIT_TEST(a_logit_that_is_no_number_is_the_worst)
{
    const float want[] = {1, 2, 1, 2, 1, 2}, got[] = {9, 9, NAN, 2, 7, 7}, zero[2] = {0};
    struct model_logits_comparison all;
    model_compare_logits(got, want, 3, 2, NULL, &all);
    assert_true(isnan(all.worst) && isnan(all.relative_rms));
    assert_int_equal(all.worst_position, 1);
    model_compare_logits(want, zero, 1, 2, NULL, &all);
    assert_true(isnan(all.worst));
}

struct shares {
    int items[200];
    size_t thread_of[200], grain;
};

static void take_share(void *ctx, size_t first, size_t end, size_t thread)
{
    struct shares *s = ctx;
    if (first % s->grain)
        abort();
    for (size_t i = first; i < end; i++) {
        s->items[i]++;
        s->thread_of[i] = thread;
    }
}

UNIT_TEST(every_item_is_done_once)
{
    struct qk_error err;
    for (size_t threads = 1; threads <= 5; threads++) {
        struct model_pool *pool;
        assert_int_equal(model_pool_new(&pool, threads, &err), 0);
        assert_int_equal(model_pool_threads(pool), threads);
        for (int round = 0; round < 300; round++) {
            struct shares s = {.grain = (size_t)round % 7 + 1};
            const size_t items = (size_t)round % 200;
            model_pool_run(pool, items, s.grain, take_share, &s);
            for (size_t i = 0; i < 200; i++) {
                assert_int_equal(s.items[i], i < items);
                assert_true(s.thread_of[i] < threads);
            }
        }
        model_pool_free(pool);
    }
    model_pool_free(NULL);
}

UNIT_TEST(halves_come_back)
{
    for (unsigned half = 0; half < 65536; half++) {
        const float value = qk_f16_to_f32((uint16_t)half);
        const uint16_t back = qk_f32_to_f16(value);
        if (isnan(value))
            assert_true((back & 0x7c00) == 0x7c00 && (back & 0x3ff));
        else
            assert_int_equal(back, half);
    }
}

/*
 * Between two neighbours the nearer one, and in the middle the even one; checked at every gap, denormals and
 * overflow too.
 */
UNIT_TEST(f16_rounds_to_nearest_even)
{
    for (unsigned half = 0; half < 0x7c00; half++) {
        const double low = (double)qk_f16_to_f32((uint16_t)half);
        const double high = half + 1 < 0x7c00 ? (double)qk_f16_to_f32((uint16_t)(half + 1)) : 65536;
        const float middle = (float)((low + high) / 2); /* exact: one bit more than f16 has */
        assert_int_equal(qk_f32_to_f16(middle), half % 2 ? half + 1 : half);
        assert_int_equal(qk_f32_to_f16(nextafterf(middle, 0)), half);
        assert_int_equal(qk_f32_to_f16(nextafterf(middle, INFINITY)), half + 1);
        assert_int_equal(qk_f32_to_f16(-nextafterf(middle, INFINITY)), (half + 1) | 0x8000);
    }
    assert_int_equal(qk_f32_to_f16(3e38f), 0x7c00);
    assert_int_equal(qk_f32_to_f16(-INFINITY), 0xfc00);
    assert_int_equal(qk_f32_to_f16(1e-30f), 0);
}

UNIT_TESTS(parts, NULL, NULL)
