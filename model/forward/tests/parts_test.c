/* SPDX-License-Identifier: MIT */
/* The small parts: comparison of logits, f32 to f16. */
#include "kernels/f16.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/compare_logits.h"

#include <math.h>
#include <stdio.h>
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
