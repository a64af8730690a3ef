/* SPDX-License-Identifier: MIT */
#include "harness/records/stats.h"

#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>

UNIT_TEST(medians)
{
    const double x[] = {5, 1, 4, 2, 1e9}, kept[] = {5, 1, 4, 2, 1e9};
    double scratch[5];
    assert_true(isnan(bench_median(x, 0, scratch)));
    bench_test_near(bench_median(x, 1, scratch), 5);
    bench_test_near(bench_median(x, 2, scratch), 3);
    bench_test_near(bench_median(x, 3, scratch), 4);
    bench_test_near(bench_median(x, 4, scratch), 3);
    bench_test_near(bench_median(x, 5, scratch), 4);
    assert_memory_equal(x, kept, sizeof x);
}

/*
 * Depression data, gain under a tranquilliser. Hollander and Wolfe, Nonparametric Statistical Methods (1973),
 * example 3.3.
 */
UNIT_TEST(hodges_lehmann)
{
    const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                 after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double x[9], scratch[45];
    for (size_t i = 0; i < 9; i++)
        x[i] = before[i] - after[i];
    bench_test_near(bench_hodges_lehmann(x, 9, scratch), 0.46);
    for (size_t i = 0; i < 9; i++)
        x[i] = -x[i];
    bench_test_near(bench_hodges_lehmann(x, 9, scratch), -0.46);
    assert_true(isnan(bench_hodges_lehmann(x, 0, scratch)));
    const double two[] = {1, 4}, wild[] = {3, 1, 1e9, 2, 1, 3, 2, 1, 3};
    bench_test_near(bench_hodges_lehmann(two, 2, scratch), 2.5);
    assert_true(bench_hodges_lehmann(wild, 9, scratch) <= 3);
}

__extension__ typedef unsigned __int128 wide;

/*
 * Ranks from binomial coefficients as exact integers (their sum at n = 64 needs 65 bits):
 * 20 * 2 * sum(C(n, i), i < k) <= 2^n is 1 - 2 P(B < k) >= 0.95 without rounding.
 */
static size_t exact_rank(size_t n)
{
    wide row[65] = {1}, below = 0;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = i; j > 0; j--)
            row[j] += row[j - 1];
    size_t k = 0;
    while (k < n / 2 && 40 * (below + row[k]) <= (wide)1 << n)
        below += row[k++];
    return k;
}

UNIT_TEST(sign_ranks_are_exact)
{
    double x[64], scratch[64];
    for (size_t n = 1; n <= 64; n++) {
        for (size_t i = 0; i < n; i++)
            x[i] = (double)((i * 37) % n + 1); /* a permutation of 1..n unless 37 divides n */
        if (n % 37 == 0)
            for (size_t i = 0; i < n; i++)
                x[i] = (double)(n - i);
        const struct bench_interval r = bench_sign_interval(x, n, 0.95, scratch);
        const size_t k = exact_rank(n);
        bench_test_near(r.value, (double)(n + 1) / 2);
        if (k == 0) {
            assert_true(n < 6);
            assert_true(isnan(r.low) && isnan(r.high));
        } else {
            bench_test_near(r.low, (double)k);
            bench_test_near(r.high, (double)(n + 1 - k));
        }
    }
}

/* Ranks of published tables of the sign test's interval at 95 %, e.g. Conover's binomial table for n = 10
 * and 20. */
UNIT_TEST(sign_ranks_known)
{
    const struct {
        size_t n, k;
    } known[] = {{5, 0}, {6, 1}, {8, 1}, {9, 2}, {10, 2}, {20, 6}, {30, 10}, {50, 18}};
    double x[50], scratch[50];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        for (size_t j = 0; j < known[i].n; j++)
            x[j] = (double)(j + 1);
        const struct bench_interval r = bench_sign_interval(x, known[i].n, 0.95, scratch);
        if (known[i].k)
            bench_test_near(r.low, (double)known[i].k);
        else
            assert_true(isnan(r.low));
    }
}

UNIT_TEST(level_met_exactly_counts)
{
    const double x[] = {1, 2, 3, 4, 5, 6};
    double scratch[6];
    bench_test_near(bench_sign_interval(x, 6, 1 - 2.0 / 64, scratch).low, 1);
    assert_true(isnan(bench_sign_interval(x, 6, 1 - 1.9 / 64, scratch).low));
    assert_true(isnan(bench_sign_interval(x, 0, 0.95, scratch).value));
}

/* Beyond the reach of 2^-n in a double: the ranks of the normal approximation, which is good to one there. */
UNIT_TEST(large_n)
{
    const size_t n = 20000;
    double *x = calloc(2 * n, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(i + 1);
    const struct bench_interval r = bench_sign_interval(x, n, 0.95, x + n);
    const double half = 1.959963985 * sqrt((double)n) / 2;
    assert_true(fabs(r.low - ((double)n / 2 - half)) < 1.5);
    bench_test_near(r.low + r.high, (double)n + 1);
    free(x);
}

/* b is a / ratio; one wild pair per block, in either arm, must not show. */
UNIT_TEST(paired_ratio)
{
    double a[7][3], b[7][3], scratch[7 + 3];
    const double *pa[7], *pb[7];
    const size_t slices[7] = {3, 3, 3, 3, 3, 3, 3};
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 3; j++) {
            a[i][j] = 100 * (i + 1) + j;
            b[i][j] = a[i][j] / (2 + 0.1 * (i * 3 % 7)); /* block i holds one of 2.0, 2.1, ... 2.6 */
        }
        a[i][i % 3] *= i % 2 ? 50 : 1;
        b[i][i % 3] *= i % 2 ? 1 : 50;
        pa[i] = a[i];
        pb[i] = b[i];
    }
    struct bench_interval r = bench_paired_ratio(pa, pb, slices, 7, 0.95, scratch);
    bench_test_near(r.value, 2.3);
    bench_test_near(r.low, 2.0);
    bench_test_near(r.high, 2.6);
    r = bench_paired_ratio(pb, pa, slices, 7, 0.95, scratch);
    bench_test_near(r.value, 1 / 2.3);
    r = bench_paired_ratio(pa, pb, slices, 1, 0.95, scratch);
    bench_test_near(r.value, 2.0);
    assert_true(isnan(r.low) && isnan(r.high));
    assert_true(isnan(bench_paired_ratio(pa, pb, slices, 0, 0.95, scratch).value));
}

/* A drift that both arms share cancels in every pair; medians of the arms would not see it. */
UNIT_TEST(pairing_cancels_drift)
{
    double a[8][2], b[8][2], scratch[8 + 2];
    const double *pa[8], *pb[8];
    size_t slices[8];
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 2; j++) {
            a[i][j] = 100 * pow(1.5, 2 * i + j);
            b[i][j] = a[i][j] / 1.01;
        }
        slices[i] = 2;
        pa[i] = a[i];
        pb[i] = b[i];
    }
    const struct bench_interval r = bench_paired_ratio(pa, pb, slices, 8, 0.95, scratch);
    bench_test_near(r.value, 1.01);
    bench_test_near(r.low, 1.01);
    bench_test_near(r.high, 1.01);
}

UNIT_TESTS(stats, NULL, NULL)
