/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double level = 0.95;

/*
 * Rounds to a multiple of 2^-30 of the next power of two above `total`. 31 bits are left, so sums and
 * differences of such numbers are exact in a double. So components add up to the total to the last bit.
 */
static double on_grid(double x, double total)
{
    int exponent;
    frexp(total, &exponent);
    const double step = ldexp(1, exponent - 30);
    return round(x / step) * step;
}

/*
 * Median over a block's rounds of an arm's time, less that of the arm `minus` in the same round unless that
 * is -1.
 */
static double block_median(const struct bench_breakdown_row *row, size_t block, size_t arm, int minus,
                           double *scratch)
{
    const double *const first = row->samples_ns + block * (row->stages + 1) * row->rounds;
    for (size_t r = 0; r < row->rounds; r++)
        scratch[r] = first[arm * row->rounds + r] - (minus < 0 ? 0 : first[(size_t)minus * row->rounds + r]);
    return bench_median(scratch, row->rounds, scratch + row->rounds);
}

/*
 * value: the estimate that adds up; x[blocks] becomes what it estimates, by block (block_median). The
 * interval is that of x, widened to the value where medians of differences and differences of medians
 * disagree: its coverage can only grow.
 */
static void fill(struct bench_part *part, const struct bench_breakdown_row *row, const char *name,
                 double value, size_t arm, int minus, double *x, double *scratch)
{
    double sorted[BENCH_BLOCKS_MAX];
    for (size_t b = 0; b < row->blocks; b++)
        x[b] = block_median(row, b, arm, minus, scratch);
    const struct bench_interval paired = bench_sign_interval(x, row->blocks, level, sorted);
    *part = (struct bench_part){.paired_ns = paired.value, .ns = {value, paired.low, paired.high}};
    snprintf(part->name, sizeof part->name, "%s", name);
    if (!isnan(paired.low)) {
        part->ns.low = fmin(paired.low, value);
        part->ns.high = fmax(paired.high, value);
    }
}

static void convert(struct bench_part *part, const struct bench_breakdown_row *row)
{
    const double total = row->prefix_ns[row->stages - 1];
    const double ms = BENCH_2B_WEIGHTS / row->elements * 1e-6;
    part->cycles_per_element = part->ns.value * row->clock_ghz / row->elements;
    part->share = 100 * part->ns.value / total;
    part->ms_per_token = (struct bench_interval){part->ns.value * ms, part->ns.low * ms, part->ns.high * ms};
}

/*
 * from: the larger of the times that were subtracted. noise is a share of it, because what disturbs here (the
 * clock, a neighbour) stretches time; NaN when it is not known.
 */
static void judge(struct bench_part *part, size_t blocks, double from, double noise)
{
    part->resolved = false;
    if (isnan(part->ns.low))
        snprintf(part->why, sizeof part->why, "%zu blocks are too few for a 95 %% interval", blocks);
    else if (part->ns.low <= 0 && part->ns.high >= 0)
        snprintf(part->why, sizeof part->why, "its interval contains 0");
    else if (fabs(part->ns.value) <= noise * from)
        snprintf(part->why, sizeof part->why,
                 "it lies below the noise: two timings of the same code differ by up to %.2g %% here",
                 100 * noise);
    else
        part->resolved = true;
}

static void stage_name(enum qk_op op, size_t stage, char *to, size_t size)
{
    const char *s = qk_op_row(op)->stages;
    for (; stage && *s; stage--) {
        s += strcspn(s, " ");
        s += *s == ' ';
    }
    snprintf(to, size, "%.*s", (int)strcspn(s, " "), s);
}

/* total, kernel and their difference, and the noise that the difference shows. scratch: [2 * rounds]. */
static void fill_wholes(struct bench_breakdown_row *row, double total, double kernel, double *scratch)
{
    const size_t last = row->stages - 1;
    double x[BENCH_BLOCKS_MAX];
    fill(&row->total, row, "total", total, last, -1, x, scratch);
    fill(&row->kernel, row, "kernel", kernel, row->stages, -1, x, scratch);
    fill(&row->difference, row, "difference", kernel - total, row->stages, (int)last, x, scratch);
    const struct bench_interval *d = &row->difference.ns;
    row->noise = row->same_code ? fmax(fabs(d->low), fabs(d->high)) / total : NAN;
    judge(&row->difference, row->blocks, total, NAN);
    judge(&row->total, row->blocks, total, row->noise);
    judge(&row->kernel, row->blocks, total, row->noise);
}

int bench_breakdown_estimate(struct bench_breakdown_row *row, struct qk_error *err)
{
    double x[BENCH_BLOCKS_MAX], sorted[BENCH_BLOCKS_MAX], known[2 * BENCH_BLOCKS_MAX];
    double at[BENCH_STAGES_MAX + 1];
    const size_t stages = row->stages;
    double *scratch = calloc(row->rounds, 2 * sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory to sort %zu rounds", row->rounds);
    for (size_t a = 0; a <= stages; a++) {
        for (size_t b = 0; b < row->blocks; b++)
            x[b] = block_median(row, b, a, -1, scratch);
        at[a] = bench_median(x, row->blocks, sorted);
    }
    const double total = at[stages - 1];
    for (size_t a = 0; a <= stages; a++)
        at[a] = on_grid(at[a], total);
    memcpy(row->prefix_ns, at, stages * sizeof *at);
    row->clock_ghz = bench_known_median(row->core_ghz, row->blocks, known);
    fill_wholes(row, at[stages - 1], at[stages], scratch);
    for (size_t i = 0; i < stages; i++) {
        char name[sizeof row->component[i].name];
        stage_name(row->variant->op, i, name, sizeof name);
        fill(&row->component[i], row, name, at[i] - (i ? at[i - 1] : 0), i, (int)i - 1, row->block_ns[i],
             scratch);
        judge(&row->component[i], row->blocks, i ? fmax(at[i], at[i - 1]) : at[i], row->noise);
        convert(&row->component[i], row);
    }
    convert(&row->total, row);
    convert(&row->kernel, row);
    convert(&row->difference, row);
    free(scratch);
    return 0;
}

struct bench_interval bench_breakdown_gain(const struct bench_breakdown_row *before,
                                           const struct bench_breakdown_row *after, size_t stage, char *why,
                                           size_t size)
{
    const struct bench_breakdown_row *rows[] = {before, after};
    const struct bench_interval none = {NAN, NAN, NAN};
    double ratio[BENCH_BLOCKS_MAX], scratch[BENCH_BLOCKS_MAX];
    for (int i = 0; i < 2; i++) {
        const struct bench_part *part = &rows[i]->component[stage];
        if (part->resolved && part->ns.value > 0)
            continue;
        snprintf(why, size, "%s of %s is %s%s", part->name, rows[i]->variant->name,
                 part->resolved ? "negative" : "not resolved: ", part->why);
        return none;
    }
    if (before->blocks != after->blocks) {
        snprintf(why, size, "%s has %zu blocks and %s %zu: they do not pair", before->variant->name,
                 before->blocks, after->variant->name, after->blocks);
        return none;
    }
    /*
     * A block in which nothing is left of the component counts as an infinite gain: only its place in order
     * matters.
     */
    for (size_t b = 0; b < before->blocks; b++) {
        const double x = before->block_ns[stage][b], y = after->block_ns[stage][b];
        ratio[b] = y > 0 ? x / y : x > 0 ? DBL_MAX : 0;
    }
    const struct bench_interval gain = bench_sign_interval(ratio, before->blocks, level, scratch);
    if (gain.high == DBL_MAX || !(gain.low > 0)) {
        snprintf(why, size, "%s is too near 0 in single blocks to form ratios",
                 before->component[stage].name);
        return none;
    }
    return gain;
}

int bench_breakdown_stage(const struct bench_breakdown_row *row, const char *name)
{
    for (size_t i = 0; i < row->stages; i++)
        if (!strcmp(row->component[i].name, name))
            return (int)i;
    return -1;
}

const char *bench_breakdown_name(const struct bench_breakdown_row *row, char *to, size_t size)
{
    snprintf(to, size, "%s/%s/%s", row->variant->op_name, row->variant->name, row->shape);
    return to;
}

size_t bench_breakdown_group_end(const struct bench_breakdown *bd, size_t first)
{
    size_t end = first + 1;
    while (end < bd->count && !strcmp(bd->rows[end].variant->op_name, bd->rows[first].variant->op_name) &&
           !strcmp(bd->rows[end].shape, bd->rows[first].shape))
        end++;
    return end;
}
