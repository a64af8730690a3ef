/* SPDX-License-Identifier: MIT */
/*
 * A group made ready to be timed. Its buffers are filled, every arm is checked, and the number of calls in a slice is
 * found. All arms work on the same buffers.
 */
#ifndef QKBENCH_HARNESS_ENGINE_GROUP_H
#define QKBENCH_HARNESS_ENGINE_GROUP_H

#include "harness/engine/buffers.h"
#include "harness/engine/schedule.h"
#include "harness/machine/job.h"
#include "harness/records/sample_set.h"

struct bench_arm {
    const struct qk_variant *variant;
    size_t record;                    /* index in the sample set */
    uint64_t calls;                   /* per slice */
    double slice_ns;                  /* what they were seen to take */
    char name[BENCH_SHAPE_NAME + 80]; /* op/variant/shape */
    const struct bench_ready *ready;  /* for the slice's callback */
};

struct bench_ready {
    const struct bench_group *group;
    struct bench_buffers buffers;
    size_t arm_count;
    struct bench_arm *arms; /* those that are timed: ok so far */
    struct bench_schedule schedule;
    size_t dropped; /* blocks that were not believed */
};

/* What the checker said of each variant; made once per run. */
struct bench_verdicts {
    bool failed;       /* any */
    char (*text)[400]; /* by the row's place in the table; empty: fine, or not asked */
};

/* Checks every variant that a group of the matrix wants and that can run here. QK_ERR_MEMORY, QK_ERR_INTERRUPTED. */
int bench_verdicts_make(struct bench_verdicts *v, const struct bench_matrix *m, const struct bench_job *job,
                        struct qk_error *err);
void bench_verdicts_free(struct bench_verdicts *v);

/*
 * Adds one record per wanted variant to the set, in table order; skips and errors carry their reasons. A group for which there is
 * not memory enough is skipped. Readies the rest. A variant whose output differs from the reference's on these very inputs becomes an error and is not timed.
 * Free with bench_ready_free in any case.
 *   QK_ERR_MEMORY, QK_ERR_INTERRUPTED
 *   QK_ERR_CHECK   the caller's inputs fail their own verification
 *   QK_ERR_FORMAT  from a model file
 */
int bench_ready_make(struct bench_ready *ready, const struct bench_group *group, const struct bench_job *job,
                     struct bench_verdicts *verdicts, struct bench_sample_set *set, struct qk_error *err);
void bench_ready_free(struct bench_ready *ready);

/* `calls` calls in a row of a struct bench_arm, which is what a slice of it consists of. */
void bench_arm_call(void *arm, uint64_t calls);

#endif
