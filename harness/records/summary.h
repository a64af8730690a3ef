/* SPDX-License-Identifier: MIT */
/*
 * From samples to the numbers of a table: medians, rates from the declared work, and speed-ups with
 * intervals. Speed-ups are paired by round within a group (op and shape).
 */
#pragma once

#include "harness/records/sample_set.h"
#include "harness/records/stats.h"

struct bench_summary_row {
    const struct bench_record *rec; /* borrowed from the sample set */
    double ns;                      /* median over blocks of the block's median time of one call */
    /* Estimated: block's ns * its core_ghz / elements, median over blocks that have a clock; NaN without. */
    double cycles_per_element;
    double gelem_s, gb_s; /* elements, and bytes read + written, per ns; GB = 1e9 bytes */
    /* Over the op's reference row; 1, 1, 1 for the reference itself; NaN when that is not ok. */
    struct bench_interval speedup;
    /* Nearest earlier ok variant of the group with a phase; NULL without one, or if this row has no phase. */
    const char *previous;
    struct bench_interval step; /* speed-up over `previous`; NaN without one */
};

struct bench_summary {
    size_t count;
    struct bench_summary_row *rows; /* one per record, same order; not-ok records have NaN everywhere */
};

/* Intervals are of 95 %. QK_ERR_MEMORY. Free with bench_summary_free; the sample set must outlive it. */
int bench_summary_make(struct bench_summary *sum, const struct bench_sample_set *set, struct qk_error *err);
void bench_summary_free(struct bench_summary *sum);
/*
 * The speed-up of `rec` over `base` in each block, of whose median `speedup` and `step` are made: into
 * to[BENCH_BLOCKS_MAX]. *count is 0 where their blocks do not pair. QK_ERR_MEMORY.
 */
int bench_summary_blocks(const struct bench_record *base, const struct bench_record *rec, double *to,
                         size_t *count, struct qk_error *err);
/* Rows [first, end) share op and shape; returns end. */
size_t bench_summary_group_end(const struct bench_summary *sum, size_t first);
