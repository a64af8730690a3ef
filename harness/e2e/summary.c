/* SPDX-License-Identifier: MIT */
#include "harness/e2e/e2e.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double bench_e2e_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : NAN;
}

double bench_e2e_deviation(const double *x, size_t n)
{
    const double mean = bench_e2e_mean(x, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

/* The smallest and the largest of n hold the median with 1 - 2^(1-n), which for fewer than six is below 0.95. */
static double level_of(size_t n)
{
    const double most = n < 64 ? 1 - ldexp(1, 1 - (int)n) : 1;
    return most < 0.95 ? most : 0.95;
}

static size_t tokens(const struct bench_e2e_row *row)
{
    return row->prompt + row->generate;
}

struct sample {
    double ns;
    size_t repetition;
};

static int by_ns(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    return x->ns != y->ns ? (x->ns > y->ns) - (x->ns < y->ns)
                          : (x->repetition > y->repetition) - (x->repetition < y->repetition);
}

/* Of the repetition in the middle, or both of them: their sum is the median, which medians of parts would not give. */
static void components(struct bench_e2e_row *row, struct sample *sorted)
{
    const size_t n = row->repetitions;
    for (size_t r = 0; r < n; r++)
        sorted[r] = (struct sample){row->samples_ns[r], r};
    qsort(sorted, n, sizeof *sorted, by_ns);
    const double *a = &row->parts_ns[sorted[(n - 1) / 2].repetition * BENCH_E2E_PARTS];
    const double *b = &row->parts_ns[sorted[n / 2].repetition * BENCH_E2E_PARTS];
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        row->components_ns[p] = (a[p] + b[p]) / 2 / (double)tokens(row);
}

static struct bench_interval without(double value)
{
    return (struct bench_interval){value, NAN, NAN};
}

static void median(struct bench_e2e_row *row, double level, double *scratch)
{
    const size_t n = row->repetitions;
    const double each = (double)tokens(row);
    struct bench_interval i = level > 0 ? bench_sign_interval(row->samples_ns, n, level, scratch)
                                        : without(bench_median(row->samples_ns, n, scratch));
    row->ns_per_token = (struct bench_interval){i.value / each, i.low / each, i.high / each};
}

static const struct bench_e2e_row *reference(const struct bench_e2e *e, const struct bench_e2e_row *row)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->rows[i].threads == row->threads && e->rows[i].prompt == row->prompt)
            return &e->rows[i];
    return row;
}

/* Paired by repetition: both ran within the same one. */
static void speedup(const struct bench_e2e *e, struct bench_e2e_row *row, const double **pairs,
                    size_t *slices, double *scratch)
{
    const struct bench_e2e_row *first = reference(e, row);
    const size_t n = row->repetitions;
    if (first == row) {
        row->speedup = (struct bench_interval){1, 1, 1};
        return;
    }
    for (size_t r = 0; r < n; r++) {
        pairs[r] = &first->samples_ns[r];
        pairs[n + r] = &row->samples_ns[r];
        slices[r] = 1;
    }
    /* Without a level the ends of any are not to be had: 0.95 of one repetition has none. */
    row->speedup = bench_paired_ratio(pairs, pairs + n, slices, n, e->level > 0 ? e->level : 0.95, scratch);
}

/* Where caches are not known, what the DRAM ceiling was measured on at least. */
static const uint64_t DRAM_FROM = (uint64_t)256 << 20;

static void ceiling(const struct bench_e2e *e, struct bench_e2e_row *row, bench_e2e_ceiling *read,
                    const void *ceilings, const char *why)
{
    const uint64_t l3 = bench_environment_cache(&e->env, 3);
    row->read_ceiling_gbs = ceilings ? read(ceilings, row->threads) : NAN;
    row->fraction_of_ceiling = NAN;
    *row->ceiling_why = '\0';
    if (!ceilings)
        snprintf(row->ceiling_why, sizeof row->ceiling_why, "%s", why);
    else if (isnan(row->read_ceiling_gbs))
        snprintf(row->ceiling_why, sizeof row->ceiling_why,
                 "the ceilings have no reading of DRAM by %zu threads", row->threads);
    else if (row->prompt)
        snprintf(row->ceiling_why, sizeof row->ceiling_why,
                 "a prompt's weights are read once a batch, not a token");
    else if (e->bytes_per_token <= (l3 ? l3 : DRAM_FROM))
        snprintf(
            row->ceiling_why, sizeof row->ceiling_why,
            l3 ? "the weights fit the L3 cache, which DRAM does not limit"
               : "the weights may fit the L3 cache, whose size is not known, and DRAM does not limit that");
    else
        row->fraction_of_ceiling = (double)e->bytes_per_token / row->read_ceiling_gbs /
                                   row->ns_per_token.value; /* GB/s is bytes per ns */
}

int bench_e2e_summarise(struct bench_e2e *e, bench_e2e_ceiling *read, const void *ceilings, const char *why,
                        struct qk_error *err)
{
    const size_t n = e->count ? e->rows[0].repetitions : 0;
    double *scratch = calloc(n + 1, sizeof *scratch);
    struct sample *sorted = calloc(n + 1, sizeof *sorted);
    const double **pairs = calloc(2 * n + 1, sizeof(const double *));
    size_t *slices = calloc(n + 1, sizeof *slices);
    const bool room = scratch && sorted && pairs && slices;
    e->level = level_of(n);
    for (size_t i = 0; i < e->count && room; i++) {
        struct bench_e2e_row *row = &e->rows[i];
        components(row, sorted);
        median(row, e->level, scratch);
        speedup(e, row, pairs, slices, scratch);
        ceiling(e, row, read, ceilings, why);
    }
    free(scratch);
    free(sorted);
    free(pairs);
    free(slices);
    return room ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu repetitions", n);
}
