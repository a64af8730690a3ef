/* SPDX-License-Identifier: MIT */
/* Every formula of the others against an example that was computed by hand. */
#include "baselines/campaigns/rules.h"

#include "kernels/tests/parts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SAMPLE(...)                                                                                          \
    ((struct baseline_sample){(const double[]){__VA_ARGS__},                                                 \
                              sizeof((double[]){__VA_ARGS__}) / sizeof(double)})

static void near(double found, double expected, double by)
{
    if (!(fabs(found - expected) <= by))
        fail_msg("found %.10g, expected %.10g", found, expected);
}

/* U = 81, middle 40.5, variance 9 * 9 * 19 / 12 = 128.25: z = 40 / 11.325. scipy says 0.000412. */
static void mann_whitney_of_two_that_do_not_overlap(void **state)
{
    (void)state;
    const struct baseline_sample low = SAMPLE(1, 2, 3, 4, 5, 6, 7, 8, 9),
                                 high = SAMPLE(10, 11, 12, 13, 14, 15, 16, 17, 18);
    near(baseline_mann_whitney(low, high), erfc(40 / sqrt(128.25) / M_SQRT2), 1e-12);
    near(baseline_mann_whitney(low, high), 0.0004122948, 1e-9);
    near(baseline_mann_whitney(high, low), baseline_mann_whitney(low, high), 1e-12);
}

/*
 * Seventeen ones share rank 9, and the two has 18: U = 90 - 45, middle 40.5. Ties take 17^3 - 17 = 4896, so
 * the variance is 81 / 12 * (19 - 4896 / (18 * 17)) = 20.25, and z = 4 / 4.5.
 */
static void mann_whitney_with_ties(void **state)
{
    (void)state;
    const struct baseline_sample ones = SAMPLE(1, 1, 1, 1, 1, 1, 1, 1, 1),
                                 two = SAMPLE(1, 1, 1, 1, 1, 1, 1, 1, 2);
    near(baseline_mann_whitney(ones, two), erfc(4 / 4.5 / M_SQRT2), 1e-12);
    near(baseline_mann_whitney(ones, ones), 1, 0);
    assert_true(isnan(baseline_mann_whitney(SAMPLE(1, 2, 3, 4, 5, 6, 7, 8), two)));
}

/* Means 2 and 4, variances 1 and 4: t = 2 / sqrt(5/3), freedom 50/17; p integrated numerically. */
static void welch_of_three_and_three(void **state)
{
    (void)state;
    near(baseline_welch(SAMPLE(1, 2, 3), SAMPLE(2, 4, 6)), 0.2208808405, 1e-9);
    near(baseline_welch(SAMPLE(2, 4, 6), SAMPLE(1, 2, 3)), 0.2208808405, 1e-9);
    assert_true(isnan(baseline_welch(SAMPLE(1), SAMPLE(1, 2))));
    assert_true(isnan(baseline_welch(SAMPLE(1, 1), SAMPLE(2, 2))));
}

/* Of five ranks a coin picks one of 32 sets. */
static void signed_rank_counts_sets(void **state)
{
    (void)state;
    near(baseline_signed_rank(SAMPLE(1, 2, 3, 4, 5)), 1.0 / 32, 1e-15);  /* 15 */
    near(baseline_signed_rank(SAMPLE(-1, 2, 3, 4, 5)), 2.0 / 32, 1e-15); /* 14: without the 1, or all */
    near(baseline_signed_rank(SAMPLE(1, 2, -3, 4, 5)), 5.0 / 32, 1e-15); /* 12: the rest is at most 3 */
    near(baseline_signed_rank(SAMPLE(-1, -2, -3)), 1, 1e-15);
    near(baseline_signed_rank(SAMPLE(1, 1, -1)), 0.5, 1e-15);   /* ranks 2, 2, 2: at least two of three */
    near(baseline_signed_rank(SAMPLE(0, 0, 3, 0)), 0.5, 1e-15); /* zeros are no evidence */
    assert_true(isnan(baseline_signed_rank(SAMPLE(0, 0))));
}

/* 1 to 61, of which 61 is negative: W = 1891 - 61, middle 945.5, variance 61 * 62 * 123 / 24. */
static void signed_rank_of_many_is_normal(void **state)
{
    (void)state;
    double x[61];
    for (size_t i = 0; i < 61; i++)
        x[i] = i < 60 ? (double)i + 1 : -61;
    const double z = (1830 - 945.5 - 0.5) / sqrt(61.0 * 62 * 123 / 24);
    near(baseline_signed_rank((struct baseline_sample){x, 61}), erfc(z / M_SQRT2) / 2, 1e-15);
    for (size_t i = 0; i < 60; i++)
        x[i] = i % 2 ? (double)i + 1 : -(double)i - 1; /* W = 2 + 4 + ... + 60 = 930, middle 915 */
    const double exact = baseline_signed_rank((struct baseline_sample){x, 60});
    near(exact, erfc((930 - 915 - 0.5) / sqrt(2 * 60.0 * 61 * 121 / 24)) / 2, 1e-3);
}

static void means_and_least(void **state)
{
    (void)state;
    near(baseline_mean(SAMPLE(1, 2, 6)), 3, 0);
    near(baseline_least(SAMPLE(3, 2, 6)), 2, 0);
}

TEST_PART(rules)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mann_whitney_of_two_that_do_not_overlap),
        cmocka_unit_test(mann_whitney_with_ties),
        cmocka_unit_test(welch_of_three_and_three),
        cmocka_unit_test(signed_rank_counts_sets),
        cmocka_unit_test(signed_rank_of_many_is_normal),
        cmocka_unit_test(means_and_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
