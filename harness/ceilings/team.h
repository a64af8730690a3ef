/* SPDX-License-Identifier: MIT */
/*
 * Threads that run a loop together. Each is pinned to its CPU and has memory that it touched first. They
 * sleep between jobs.
 */
#pragma once

#include "harness/ceilings/loops.h"

/*
 * Memory of one thread. ALONE is the first thread's only, for what one thread does. SHARED is its part of
 * what all do.
 */
enum bench_team_memory { BENCH_NEAR, BENCH_ALONE, BENCH_SHARED, BENCH_TEAM_MEMORIES };

enum { BENCH_TEAM_REPETITIONS = 64 }; /* of a job, at most */

/* Offsets into the job's memory: multiples of 64. */
struct bench_span {
    size_t to, from, bytes;
    uint64_t passes; /* 0: no such span */
};

struct bench_team_job {
    bench_loop_fn *run;
    int threads; /* the first so many take part */
    enum bench_team_memory memory;
    struct bench_span warm; /* run once before the clock starts */
    struct bench_span timed;
    int repetitions; /* of timed, each on its own clock */
    size_t stride;   /* how much further on each repetition works than the one before */
};

struct bench_team; /* owned by the caller of make */

/*
 * Starts `count` threads on cpus[count] (below 0: anywhere) and lets each map and touch its memory:
 * bytes[BENCH_NEAR] and bytes[BENCH_SHARED] each, and bytes[BENCH_ALONE] the first; 0 is none. ALONE and
 * SHARED ask for huge pages. QK_ERR_MEMORY. QK_ERR_INTERNAL when a thread could not be started or pinned.
 * Nothing is left running then.
 */
int bench_team_make(struct bench_team **team, const int *cpus, int count,
                    const size_t bytes[BENCH_TEAM_MEMORIES], struct qk_error *err);
/* Ends and joins the threads. NULL is fine. */
void bench_team_free(struct bench_team *team);

/*
 * Runs the job in its threads. Each repetition starts at once, by a barrier that they spin on.
 * ns[job->repetitions] is the time from the first thread's start to the last one's end, 0 or less where the
 * clock stood still or went back.
 */
void bench_team_run(struct bench_team *team, const struct bench_team_job *job, double *ns);
/* QK_ERR_IO when a thread was moved from its CPU and may not go back to it. */
int bench_team_check(struct bench_team *team, struct qk_error *err);

/*
 * Share of the bytes of ALONE and SHARED that are backed by huge pages now, 0 to 1. NaN when the kernel does
 * not say.
 */
double bench_team_huge(const struct bench_team *team);
