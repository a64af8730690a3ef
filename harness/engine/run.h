/* SPDX-License-Identifier: MIT */
/*
 * The run. It times the variants of each group against each other, on one pinned CPU, through
 * google-benchmark's loop. It keeps every time, in the order it was taken.
 */
#pragma once

#include "harness/engine/arms.h"

struct bench_counters; /* defined by whoever counts */

struct bench_run_config {
    struct bench_job job;
    /*
     * Called once for each case after its group was timed, on the same buffers. It appends metrics to the
     * case's record. NULL: nothing is counted. The run only passes `counters` on to it.
     */
    int (*count)(struct bench_counters *counters, struct bench_call *call, double ns,
                 struct bench_record *rec, struct qk_error *err);
    struct bench_counters *counters;
};

/*
 * Runs the matrix into *set, which must be initialised and have its environment read. Every variant is
 * checked before it is timed. A variant that fails becomes an error record and sets *failed. Groups whose
 * buffers fit in 2 GiB together take turns block by block. Once job.budget_s is spent, groups with 8 blocks
 * get no more. Counting comes after that, outside the budget.
 *   0
 *   QK_ERR_INVALID: nothing was measured
 *   QK_ERR_UNAVAILABLE: nothing wanted can run here
 *   QK_ERR_CHECK, QK_ERR_FORMAT: from inputs of a model file
 *   QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int bench_run(const struct bench_matrix *m, const struct bench_run_config *cfg, struct bench_sample_set *set,
              bool *failed, struct qk_error *err);
