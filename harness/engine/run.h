/* SPDX-License-Identifier: MIT */
/*
 * The run. It times the variants of each group against each other, on one pinned CPU, through
 * google-benchmark's loop. It keeps every time in the order it was taken.
 */
#pragma once

#include "harness/engine/arms.h"

struct bench_counters; /* made by what is to count */

struct bench_run_config {
    struct bench_job job;
    /*
     * Called for each case in a pass of its own, after its group was timed, on the buffers that it was timed
     * on. It appends metrics to the case's record. NULL: nothing is counted. What it counts with is only
     * handed on.
     */
    int (*count)(struct bench_counters *counters, struct bench_call *call, double ns,
                 struct bench_record *rec, struct qk_error *err);
    struct bench_counters *counters;
};

/*
 * Runs the matrix into *set, which must be initialised with its environment read. Every variant is checked
 * before it is timed. One that fails becomes an error record, and *failed is set. Groups whose buffers fit 2
 * GiB together take turns block by block. When job.budget_s is over, groups that have 8 blocks get no more;
 * counting comes after that.
 *   0
 *   QK_ERR_INVALID                nothing was measured
 *   QK_ERR_UNAVAILABLE            nothing wanted can run here
 *   QK_ERR_CHECK, QK_ERR_FORMAT   from inputs of a model file
 *   QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int bench_run(const struct bench_matrix *m, const struct bench_run_config *cfg, struct bench_sample_set *set,
              bool *failed, struct qk_error *err);
