/* SPDX-License-Identifier: MIT */
/*
 * Makes a group ready for timing. It fills the group's buffers and decides which rows may be timed. Such a
 * row can run here, has passed its check, and is right on these very inputs.
 */
#pragma once

#include "harness/engine/buffers.h"
#include "harness/machine/job.h"
#include "harness/records/sample_set.h"

/* The checker's result for each variant, made once per run. */
struct bench_verdicts {
    bool failed;       /* true when any variant failed */
    char (*text)[400]; /* by the row's place in the table; empty: passed, or not checked */
};

/*
 * Checks every variant that a group of the matrix wants and that can run here. QK_ERR_UNAVAILABLE, with the
 * first reason, when nothing that was asked for can run. QK_ERR_MEMORY, QK_ERR_INTERRUPTED. Free in any case.
 */
int bench_verdicts_make(struct bench_verdicts *v, const struct bench_matrix *m, const struct bench_job *job,
                        struct qk_error *err);
void bench_verdicts_free(struct bench_verdicts *v);

/* A row that the group wants. */
struct bench_stand {
    const struct qk_variant *variant;
    enum bench_status status;     /* BENCH_OK: it may be timed */
    char reason[400];             /* why it may not be timed */
    struct bench_buffers view;    /* what its calls work on; only when it may be timed */
    struct bench_buffers product; /* a PREPARED row's, for the product alone */
    struct bench_buffers prepare; /* and for what comes before it; a copy of view */
};

struct bench_ready {
    const struct bench_group *group;
    struct bench_buffers buffers;
    size_t count;
    struct bench_stand *stands; /* [count], in table order */
};

/*
 * A group that does not fit in memory is skipped with all its rows. So is a row whose form has no such
 * shape, or does not fit in memory. A row becomes an error when its output differs from the reference's,
 * with either value of the inputs that alternate. That sets verdicts->failed. Free with bench_ready_free in
 * any case.
 *   QK_ERR_MEMORY, QK_ERR_INTERRUPTED
 *   QK_ERR_CHECK: the caller's inputs fail their own verification
 *   QK_ERR_FORMAT: from a model file
 */
int bench_ready_make(struct bench_ready *ready, const struct bench_group *group, const struct bench_job *job,
                     struct bench_verdicts *verdicts, struct qk_error *err);
void bench_ready_free(struct bench_ready *ready);
