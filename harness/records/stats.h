/* SPDX-License-Identifier: MIT */
/*
 * Order statistics for timings: medians, Hodges-Lehmann estimates, and intervals that assume no distribution.
 * All functions but bench_sort leave their inputs unchanged. Functions that must sort use scratch memory of
 * the caller. All values are finite.
 */
#pragma once

#include <stddef.h>

/* A value with its interval. low and high are NaN when there are too few blocks for the level. */
struct bench_interval {
    double value, low, high;
};

/* Sorts in place, smallest first. */
void bench_sort(double *x, size_t n);

/* Median of x[n]. NaN when n == 0. The mean of the middle two when n is even. scratch: [n]. */
double bench_median(const double *x, size_t n, double *scratch);

/*
 * Hodges-Lehmann estimate of the middle of x[n]. It is the median of the means of all pairs; each value also
 * pairs with itself. NaN when n == 0. With normal noise it has two thirds of a median's variance. It
 * withstands 29 % of wild values. Use it for symmetric x: for skewed x it is not the median. scratch: [n (n +
 * 1) / 2]. Source: Hodges and Lehmann 1963.
 */
double bench_hodges_lehmann(const double *x, size_t n, double *scratch);

/*
 * Median with the sign-test interval. The interval is the narrowest pair of order statistics k, n+1-k whose
 * coverage 1 - 2 P(Binomial(n, 1/2) < k) is at least `level` (0.95). It is valid for any continuous
 * distribution. At 0.95 it needs n >= 6. scratch: [n].
 */
struct bench_interval bench_sign_interval(const double *x, size_t n, double level, double *scratch);

/* Writes each block's median of ln(a[i] / b[i]) over its slices to to[blocks]. scratch: [max slices]. */
void bench_paired_logs(const double *const *a, const double *const *b, const size_t *slices, size_t blocks,
                       double *to, double *scratch);
/*
 * Paired speed-up of b over a. Each block gives the median of ln(a[i] / b[i]) over its slices. The sign
 * interval over the blocks is returned as ratios (exp). a and b are [blocks] pointers to [slices[block]]
 * positive times, and slices[block] >= 1. scratch: [blocks + max slices].
 */
struct bench_interval bench_paired_ratio(const double *const *a, const double *const *b, const size_t *slices,
                                         size_t blocks, double level, double *scratch);
