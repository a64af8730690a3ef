/* SPDX-License-Identifier: MIT */
/*
 * Threads that run a loop together. Each is pinned to its CPU and was the first to touch its memory. They
 * sleep between jobs.
 */
#pragma once

#include "harness/ceilings/loops.h"

/*
 * Memory of one thread. BENCH_NEAR holds sets in caches. Only the first thread has BENCH_ALONE, for jobs of
 * one thread. BENCH_SHARED is its part of the memory for jobs of all threads.
 */
enum bench_team_memory { BENCH_NEAR, BENCH_ALONE, BENCH_SHARED, BENCH_TEAM_MEMORIES };

enum { BENCH_TEAM_REPETITIONS = 64 }; /* repetitions of a job, at most */

/* Offsets into the job's memory. They are multiples of 64. */
struct bench_span {
    size_t to, from, bytes;
    uint64_t passes; /* 0: no such span */
};

struct bench_team_job {
    bench_loop_fn *run;
    int threads; /* how many take part, from the first on */
    enum bench_team_memory memory;
    struct bench_span warm; /* run once before the clock starts */
    struct bench_span timed;
    int repetitions; /* number of repetitions of `timed`, each timed by itself */
    size_t stride;   /* each repetition works this far behind the one before */
};

struct bench_team; /* the caller of bench_team_make owns it */

/*
 * Starts `count` threads on cpus[count] (below 0: anywhere). Each maps and touches its memory:
 * bytes[BENCH_NEAR] and bytes[BENCH_SHARED], and the first thread also bytes[BENCH_ALONE]. 0 bytes means
 * none. ALONE and SHARED ask for huge pages. QK_ERR_MEMORY. QK_ERR_INTERNAL when a thread could not be
 * started or pinned. After an error no thread is left running.
 */
int bench_team_make(struct bench_team **team, const int *cpus, int count,
                    const size_t bytes[BENCH_TEAM_MEMORIES], struct qk_error *err);
/* Ends and joins the threads. Accepts NULL. */
void bench_team_free(struct bench_team *team);

/*
 * Runs the job in its threads. They spin at a barrier, so that all start each repetition at once.
 * ns[job->repetitions] is the time from the first thread's start to the last one's end. It is 0 or less where
 * the clock stood still or went back.
 */
void bench_team_run(struct bench_team *team, const struct bench_team_job *job, double *ns);
/* QK_ERR_IO when a thread was moved from its CPU and may not return to it. */
int bench_team_check(struct bench_team *team, struct qk_error *err);

/*
 * Share of the bytes of ALONE and SHARED that huge pages hold now, 0 to 1. NaN when the kernel does not say.
 */
double bench_team_huge(const struct bench_team *team);
