/* SPDX-License-Identifier: MIT */
/* What everything that measures is told by its caller, as one value. */
#pragma once

#include "kernels/table.h"

struct bench_job {
    const struct qk_table *table; /* the kernels at hand */
    const struct qk_cpu *isa;     /* the levels they may use */
    int cpu;                      /* logical CPU the calling thread is pinned to */
    uint64_t seed;                /* of orders and inputs */
    bool quick;                   /* shorter: to look at, not to quote */
    double budget_s;              /* what timing may take, from its checks on; 0: as long as it wants */
    bool (*stop)(void); /* asked between blocks; true ends the work (QK_ERR_INTERRUPTED). May be NULL */
    /* Told between blocks, never inside: the share done in [0, 1], and what is at hand. May be NULL. */
    void (*progress)(void *ctx, double done, const char *what);
    void *ctx; /* progress's */
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
