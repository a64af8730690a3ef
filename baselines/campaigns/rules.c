/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/rules.h"

#include "baselines/campaigns/chances.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct ranked {
    double x, rank;
    bool second; /* of the second sample, or above 0 */
};

static int by_size(const void *a, const void *b)
{
    const double x = ((const struct ranked *)a)->x, y = ((const struct ranked *)b)->x;
    return (x > y) - (x < y);
}

/* Sorts and gives ranks from 1 on; equal values share theirs. Returns the sum of t^3 - t over the ties. */
static double rank_all(struct ranked *all, size_t count)
{
    double ties = 0;
    qsort(all, count, sizeof *all, by_size);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && all[next].x == all[i].x;)
            next++;
        const double t = (double)(next - i);
        for (size_t k = i; k < next; k++)
            all[k].rank = (double)(i + next + 1) / 2;
        ties += t * t * t - t;
    }
    return ties;
}

static double rank_sum(const struct ranked *all, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += all[i].second ? all[i].rank : 0;
    return sum;
}

double baseline_mann_whitney(struct baseline_sample a, struct baseline_sample b)
{
    const size_t count = a.count + b.count;
    if (a.count < BASELINE_REPETITIONS || b.count < BASELINE_REPETITIONS)
        return NAN;
    struct ranked *const all = calloc(count, sizeof *all);
    if (!all)
        return NAN;
    for (size_t i = 0; i < count; i++)
        all[i] = i < a.count ? (struct ranked){.x = a.x[i]}
                             : (struct ranked){.x = b.x[i - a.count], .second = true};
    const double ties = rank_all(all, count), m = (double)a.count, n = (double)b.count, both = m + n;
    const double u = rank_sum(all, count) - n * (n + 1) / 2, middle = m * n / 2;
    const double variance = m * n / 12 * (both + 1 - ties / (both * (both - 1)));
    free(all);
    return variance > 0 ? baseline_normal(fmax(fabs(u - middle) - 0.5, 0) / sqrt(variance)) : 1;
}

double baseline_mean(struct baseline_sample x)
{
    double sum = 0;
    for (size_t i = 0; i < x.count; i++)
        sum += x.x[i];
    return sum / (double)x.count;
}

double baseline_least(struct baseline_sample x)
{
    double least = INFINITY;
    for (size_t i = 0; i < x.count; i++)
        least = fmin(least, x.x[i]);
    return least;
}

/* The variance of the mean. */
static double mean_variance(struct baseline_sample x)
{
    const double mean = baseline_mean(x), n = (double)x.count;
    double sum = 0;
    for (size_t i = 0; i < x.count; i++)
        sum += (x.x[i] - mean) * (x.x[i] - mean);
    return sum / (n - 1) / n;
}

double baseline_welch(struct baseline_sample a, struct baseline_sample b)
{
    if (a.count < 2 || b.count < 2)
        return NAN;
    const double va = mean_variance(a), vb = mean_variance(b), both = va + vb;
    const double freedom = both * both / (va * va / (double)(a.count - 1) + vb * vb / (double)(b.count - 1));
    return both > 0 ? baseline_student((baseline_mean(b) - baseline_mean(a)) / sqrt(both), freedom) : NAN;
}

enum { EXACT = 60 };

/*
 * P(sum of the ranks that a fair coin picks >= sum). Twice a rank is a whole number, and so is twice the sum,
 * which is at most EXACT (EXACT + 1).
 */
static double picked(const struct ranked *all, size_t count, double sum)
{
    static const size_t sums = (size_t)EXACT * (EXACT + 1) + 1;
    double *const chance = calloc(sums, sizeof *chance), p = 0;
    if (!chance)
        return NAN;
    chance[0] = 1;
    for (size_t i = 0; i < count; i++) {
        const size_t twice = (size_t)lround(2 * all[i].rank);
        for (size_t s = sums; s-- > 0;)
            chance[s] = chance[s] / 2 + (s >= twice ? chance[s - twice] / 2 : 0);
    }
    for (size_t s = (size_t)lround(2 * sum); s < sums; s++)
        p += chance[s];
    free(chance);
    return p;
}

double baseline_signed_rank(struct baseline_sample x)
{
    struct ranked *const all = calloc(x.count + 1, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; all && i < x.count; i++)
        if (x.x[i] != 0)
            all[count++] = (struct ranked){.x = fabs(x.x[i]), .second = x.x[i] > 0};
    if (!count) {
        free(all);
        return NAN;
    }
    const double ties = rank_all(all, count), sum = rank_sum(all, count), n = (double)count;
    const double middle = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
    const double p =
        count <= EXACT ? picked(all, count, sum) : erfc((sum - middle - 0.5) / sqrt(2 * variance)) / 2;
    free(all);
    return p;
}
