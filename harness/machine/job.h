/* SPDX-License-Identifier: MIT */
/* What a caller tells everything that measures, as one value. */
#pragma once

#include "kernels/table/table.h"

struct bench_job {
    const struct qk_table *table; /* the kernels that may be measured */
    const struct qk_cpu *isa;     /* the levels they may use */
    int cpu;                      /* logical CPU the calling thread is pinned to */
    uint64_t seed;                /* seed of orders and inputs */
    bool quick;                   /* shorter: for a look, not for quoting */
    double budget_s;              /* limit on timing, counted from its checks on; 0: no limit */
    /* Asked between blocks. True ends the work with QK_ERR_INTERRUPTED. May be NULL. */
    bool (*stop)(void);
    /* Called between blocks, never inside: the share done in [0, 1], what is measured now. May be NULL. */
    void (*progress)(void *ctx, double done, const char *what);
    /*
     * What the caller knows of a row before it is checked. NULL: nothing, so it is checked. "": it is right.
     * Otherwise it is why the row must not be timed. May be NULL.
     */
    const char *(*known)(void *ctx, const struct qk_variant *v);
    void *ctx; /* passed to progress and known */
    /*
     * Where each kernel is noted before it is called, outside of checks. So whoever shares that memory can
     * say which one ended the process. May be NULL.
     */
    qk_fn *volatile *calling;
};

static inline bool bench_job_stopped(const struct bench_job *job)
{
    return job->stop && job->stop();
}

static inline void bench_job_tell(const struct bench_job *job, double done, const char *what)
{
    if (job->progress)
        job->progress(job->ctx, done, what);
}
