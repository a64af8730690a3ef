/* SPDX-License-Identifier: MIT */
#include "harness/records/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
}

static double sorted_median(const double *x, size_t n)
{
    if (n == 0)
        return NAN;
    const double lower = x[(n - 1) / 2], upper = x[n / 2];
    return lower + (upper - lower) / 2;
}

/*
 * The largest k >= 1 with 1 - 2 P(Binomial(n, 1/2) < k) >= level, or 0 when there is none. The terms are
 * computed as logarithms, because 2^-n underflows a double from n = 1075 on. Coverages at n = 64 are good to
 * 1e-13. The slack lets pass only a level that is met exactly (0.96875 at n = 6).
 */
static size_t sign_rank(size_t n, double level)
{
    const double slack = 1e-12;
    double log_term = -(double)n * M_LN2; /* P(Binomial = 0) */
    double below = exp(log_term);         /* P(Binomial < k + 1) */
    size_t k = 0;
    while (1 - 2 * below >= level - slack) {
        k++;
        log_term += log((double)(n - k + 1) / (double)k);
        below += exp(log_term);
    }
    return k;
}

static struct bench_interval sorted_interval(const double *x, size_t n, double level)
{
    struct bench_interval r = {sorted_median(x, n), NAN, NAN};
    const size_t k = sign_rank(n, level);
    if (k > 0) {
        r.low = x[k - 1];
        r.high = x[n - k];
    }
    return r;
}

double bench_median(const double *x, size_t n, double *scratch)
{
    if (n == 0)
        return NAN;
    memcpy(scratch, x, n * sizeof *x);
    bench_sort(scratch, n);
    return sorted_median(scratch, n);
}

double bench_hodges_lehmann(const double *x, size_t n, double *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            scratch[count++] = (x[i] + x[j]) / 2;
    bench_sort(scratch, count);
    return sorted_median(scratch, count);
}

struct bench_interval bench_sign_interval(const double *x, size_t n, double level, double *scratch)
{
    assert(level > 0 && level < 1);
    if (n == 0)
        return (struct bench_interval){NAN, NAN, NAN};
    memcpy(scratch, x, n * sizeof *x);
    bench_sort(scratch, n);
    return sorted_interval(scratch, n, level);
}

void bench_paired_logs(const double *const *a, const double *const *b, const size_t *slices, size_t blocks,
                       double *to, double *scratch)
{
    for (size_t i = 0; i < blocks; i++) {
        assert(slices[i] >= 1);
        for (size_t j = 0; j < slices[i]; j++)
            scratch[j] = log(a[i][j] / b[i][j]);
        bench_sort(scratch, slices[i]);
        to[i] = sorted_median(scratch, slices[i]);
    }
}

struct bench_interval bench_paired_ratio(const double *const *a, const double *const *b, const size_t *slices,
                                         size_t blocks, double level, double *scratch)
{
    assert(level > 0 && level < 1);
    bench_paired_logs(a, b, slices, blocks, scratch, scratch + blocks);
    bench_sort(scratch, blocks);
    struct bench_interval r = sorted_interval(scratch, blocks, level);
    r.value = exp(r.value);
    r.low = exp(r.low);
    r.high = exp(r.high);
    return r;
}
