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

/*
 * The smallest and the largest of n values hold the median with probability 1 - 2^(1-n), below 0.95 for
 * fewer than six.
 */
static double level_of(size_t n)
{
    const double most = n < 64 ? 1 - ldexp(1, 1 - (int)n) : 1;
    return most < 0.95 ? most : 0.95;
}

const double bench_e2e_percentile[BENCH_E2E_PERCENTILES] = {0.5, 0.95, 0.99};

char *bench_e2e_test(const struct bench_e2e_row *row, char to[BENCH_E2E_TEST])
{
    const int n = snprintf(to, BENCH_E2E_TEST, "%s%zu", row->prompt ? "pp" : "tg",
                           row->prompt ? row->prompt : row->generate);
    if (row->depth && n > 0 && n < BENCH_E2E_TEST)
        snprintf(to + n, (size_t)(BENCH_E2E_TEST - n), " @ d%zu", row->depth);
    return to;
}

static size_t tokens(const struct bench_e2e_row *row)
{
    return row->prompt + row->generate;
}

static const double *parts_of(const struct bench_e2e_row *row, double ns)
{
    size_t r = 0;
    while (row->samples_ns[r] != ns)
        r++;
    return &row->parts_ns[r * BENCH_E2E_PARTS];
}

/*
 * Of the repetition in the middle, or both of them: their sum is the median, which medians of parts would not
 * give.
 */
static void components(struct bench_e2e_row *row, double *sorted)
{
    const size_t n = row->repetitions;
    memcpy(sorted, row->samples_ns, n * sizeof *sorted);
    bench_sort(sorted, n);
    const double *a = parts_of(row, sorted[(n - 1) / 2]), *b = parts_of(row, sorted[n / 2]);
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        row->components_ns[p] = (a[p] + b[p]) / 2 / (double)tokens(row);
}

/* Without a level the ends of any are not to be had: 0.95 of one repetition has none. */
static struct bench_interval interval(const double *x, size_t n, double level, double *scratch)
{
    return bench_sign_interval(x, n, level > 0 ? level : 0.95, scratch);
}

static void median(struct bench_e2e_row *row, double level, double *scratch)
{
    const double each = (double)tokens(row);
    const struct bench_interval i = interval(row->samples_ns, row->repetitions, level, scratch);
    row->ns_per_token = (struct bench_interval){i.value / each, i.low / each, i.high / each};
}

static const struct bench_e2e_row *reference(const struct bench_e2e *e, const struct bench_e2e_row *row)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->rows[i].threads == row->threads && e->rows[i].prompt == row->prompt &&
            e->rows[i].depth == row->depth)
            return &e->rows[i];
    return row;
}

/* Paired by repetition: both ran within the same one. scratch: [2 * repetitions] */
static void speedup(const struct bench_e2e *e, struct bench_e2e_row *row, double *scratch)
{
    const struct bench_e2e_row *first = reference(e, row);
    const size_t n = row->repetitions;
    for (size_t r = 0; r < n; r++)
        scratch[r] = log(first->samples_ns[r] / row->samples_ns[r]);
    const struct bench_interval i = interval(scratch, n, e->level, scratch + n);
    row->speedup = first == row ? (struct bench_interval){1, 1, 1}
                                : (struct bench_interval){exp(i.value), exp(i.low), exp(i.high)};
}

/* As speedup; the peer ran within the same repetition, too. */
static void beside_peer(struct bench_e2e_row *row, double level, double *scratch)
{
    struct bench_e2e_peer *p = &row->peer;
    const size_t n = p->count;
    const double each = (double)tokens(row);
    if (!n)
        return;
    struct bench_interval i = interval(p->samples_ns, n, level, scratch);
    p->ns_per_token = (struct bench_interval){i.value / each, i.low / each, i.high / each};
    for (size_t r = 0; r < n; r++)
        scratch[r] = log(p->samples_ns[r] / row->samples_ns[r]);
    i = interval(scratch, n, level, scratch + n);
    p->ratio = (struct bench_interval){exp(i.value), exp(i.low), exp(i.high)};
}

/* scratch: [token_count] and [2 * repetitions] */
static void latency(struct bench_e2e_row *row, double level, double *scratch)
{
    const size_t n = row->token_count;
    for (size_t p = 0; p < BENCH_E2E_PERCENTILES; p++)
        row->token_percentile_ns[p] = NAN;
    row->first_token_ns = (struct bench_interval){NAN, NAN, NAN};
    if (row->first_count)
        row->first_token_ns = interval(row->first_ns, row->first_count, level, scratch);
    if (!n)
        return;
    memcpy(scratch, row->token_ns, n * sizeof *scratch);
    bench_sort(scratch, n);
    for (size_t p = 0; p < BENCH_E2E_PERCENTILES; p++)
        row->token_percentile_ns[p] = scratch[(size_t)ceil(bench_e2e_percentile[p] * (double)n) - 1];
}

/* Where caches are not known, what the DRAM ceiling was measured on at least. */
static const uint64_t DRAM_FROM = (uint64_t)256 << 20;

const char *bench_e2e_unlimited(const struct bench_environment *env, uint64_t bytes_per_token)
{
    const uint64_t l3 = bench_environment_cache(env, 3);
    if (bytes_per_token > (l3 ? l3 : DRAM_FROM))
        return NULL;
    return l3 ? "the weights fit the L3 cache, which DRAM does not limit"
              : "the weights may fit the L3 cache, whose size is not known, and DRAM does not limit that";
}

/*
 * The largest believable share of the ceiling: 1.05, or what the L3 caches of so many threads can have kept
 * since the pass before.
 */
static double most_of_ceiling(const struct bench_e2e *e, const struct bench_e2e_row *row)
{
    size_t sharing = row->threads;
    uint64_t l3 = DRAM_FROM;
    for (int i = 0; i < e->env.cache_count; i++)
        if (e->env.caches[i].level == 3) {
            l3 = e->env.caches[i].bytes;
            sharing = e->env.caches[i].sharing > 0 ? (size_t)e->env.caches[i].sharing : 1;
        }
    const double kept = (double)(l3 * ((row->threads + sharing - 1) / sharing));
    const double passes =
        row->generate ? (double)row->generate : (double)((row->prompt + e->batch - 1) / e->batch);
    const double fresh = 1 - kept * passes / (double)tokens(row) / row->read_bytes;
    return fresh > 0 ? fmax(1.05, 1 / fresh) : INFINITY;
}

static void ceiling(const struct bench_e2e *e, struct bench_e2e_row *row, bench_e2e_ceiling *read,
                    const void *ceilings, const char *why)
{
    const char *unlimited =
        bench_e2e_unlimited(&e->env, row->bytes_per_token ? row->bytes_per_token : e->bytes_per_token);
    row->read = ceilings ? read(ceilings, row->threads) : (struct bench_e2e_read){NAN, NAN};
    row->read_ceiling_gbs = fmax(row->read.before, row->read.after); /* passes a NaN over */
    row->fraction_of_ceiling = NAN;
    *row->ceiling_why = *row->invalid = '\0';
    if (unlimited || !ceilings) {
        snprintf(row->ceiling_why, sizeof row->ceiling_why, "%s", ceilings ? unlimited : why);
    } else if (isnan(row->read_ceiling_gbs)) {
        snprintf(row->ceiling_why, sizeof row->ceiling_why, "reading of DRAM by %zu threads was not measured",
                 row->threads);
    } else {
        row->fraction_of_ceiling = row->read_gbs / row->read_ceiling_gbs;
        if (row->fraction_of_ceiling > most_of_ceiling(e, row))
            snprintf(row->invalid, sizeof row->invalid,
                     "%.4g GB/s is more than memory gave before and after (%.4g GB/s): work was skipped, or "
                     "the machine was slower then",
                     row->read_gbs, row->read_ceiling_gbs);
    }
}

int bench_e2e_summarise(struct bench_e2e *e, bench_e2e_ceiling *read, const void *ceilings, const char *why,
                        struct qk_error *err)
{
    const size_t n = e->count ? e->rows[0].repetitions : 0;
    size_t most = 2 * n + 1;
    for (size_t i = 0; i < e->count; i++)
        most = e->rows[i].token_count > most ? e->rows[i].token_count : most;
    double *scratch = calloc(most, sizeof *scratch);
    e->level = level_of(n);
    for (size_t i = 0; i < e->count && scratch; i++) {
        struct bench_e2e_row *row = &e->rows[i];
        components(row, scratch);
        median(row, e->level, scratch);
        speedup(e, row, scratch);
        latency(row, e->level, scratch);
        beside_peer(row, e->level, scratch);
        row->read_gbs = row->read_bytes / row->ns_per_token.value; /* GB/s is bytes per ns */
        ceiling(e, row, read, ceilings, why);
    }
    free(scratch);
    return scratch ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu repetitions", n);
}

int bench_e2e_check(const struct bench_e2e *e, struct qk_error *err)
{
    char test[BENCH_E2E_TEST];
    for (size_t i = 0; i < e->count; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        if (*row->invalid)
            return qk_fail(err, QK_ERR_INVALID, row->kernels, "%s, %zu thread%s: %s",
                           bench_e2e_test(row, test), row->threads, row->threads == 1 ? "" : "s",
                           row->invalid);
    }
    return 0;
}
