/* SPDX-License-Identifier: MIT */
/*
 * Turns samples into the numbers of a table: medians, rates from the declared work, and speed-ups with
 * intervals. Within a group (op and shape), speed-ups are paired by round.
 */
#pragma once

#include "harness/records/sample_set.h"
#include "harness/records/stats.h"

struct bench_summary_row {
    const struct bench_record *rec; /* borrowed from the sample set */
    double ns;                      /* median over blocks of the block's median time of one call */
    /*
     * Estimated. Median of (block's ns * its core_ghz / elements) over the blocks that have a clock. NaN
     * without any.
     */
    double cycles_per_element;
    double gelem_s, gb_s; /* elements, and bytes read + written, per ns; GB = 1e9 bytes */
    /*
     * Over the op's reference row. It is 1, 1, 1 for the reference itself, and NaN when the reference is not
     * ok.
     */
    struct bench_interval speedup;
    /* Nearest earlier ok variant of the group with a phase. NULL without one, or if this row has no phase. */
    const char *previous;
    struct bench_interval step; /* speed-up over `previous`; NaN without one */
};

struct bench_summary {
    size_t count;
    struct bench_summary_row *rows; /* one per record, same order; not-ok records have NaN everywhere */
};

/*
 * Intervals have a level of 95 %. QK_ERR_MEMORY. Free with bench_summary_free. The sample set must outlive
 * the summary.
 */
int bench_summary_make(struct bench_summary *sum, const struct bench_sample_set *set, struct qk_error *err);
void bench_summary_free(struct bench_summary *sum);
/*
 * Writes the speed-up of `rec` over `base` in each block to to[BENCH_BLOCKS_MAX]. `speedup` and `step` are
 * medians of these. *count is 0 when the blocks of the two do not pair. QK_ERR_MEMORY.
 */
int bench_summary_blocks(const struct bench_record *base, const struct bench_record *rec, double *to,
                         size_t *count, struct qk_error *err);
/* Rows [first, end) share op and shape. Returns end. */
size_t bench_summary_group_end(const struct bench_summary *sum, size_t first);
