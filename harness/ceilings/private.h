/* SPDX-License-Identifier: MIT */
/* What the files that make ceilings share with their tests. */
#pragma once

#include "harness/ceilings/ceilings.h"
#include "harness/ceilings/team.h"

/*
 * Working set of each of `threads` threads for a cache level, in whole pages. Of L1 and L2 it is half of a
 * thread's share. Of L3 it is an eighth or, if that is more, four times L2, but half at most.
 *
 * 0 with the reason in why[size] when sysfs does not tell, or when it would be less than twice the level
 * before, which would hold most of it.
 */
size_t bench_ceiling_cache_bytes(const struct bench_environment *env, int level, int threads, char *why,
                                 size_t size);
/*
 * The working set of all threads together for DRAM: max(256 MiB, 4 x L3), for as many L3 as they have. A
 * multiple of 1 MiB x threads.
 */
size_t bench_ceiling_dram_bytes(const struct bench_environment *env, int threads);

/*
 * Makes c->rows from the loops, c->env and c->threads: their working sets, and the reasons of those that
 * cannot run. QK_ERR_MEMORY.
 */
int bench_ceilings_plan(struct bench_ceilings *c, const struct qk_cpu *isa, struct qk_error *err);

enum { BENCH_CEILING_TURNS_MAX = 4 }; /* of a row in a round */

/* What turns are taken on. */
struct bench_ceiling_bench {
    struct bench_team *team;
    struct qk_rng *rng;
    size_t bytes[BENCH_TEAM_MEMORIES]; /* what the team's memory must be at least */
    size_t window;                     /* of the DRAM buffers: behind the last that was used */
};

/* All repetitions of a row, `repetitions` a turn, in the order they were taken. */
struct bench_ceiling_turns {
    size_t turns, repetitions;
    double *rates;  /* owned; [turns * repetitions]; 0 where the clock stood still, went back or jumped */
    double *ghz;    /* owned; [turns], of a peak: the clock right behind; NaN when not known */
    double pass_ns; /* the fastest so far of one pass; 0: none yet */
};

/*
 * Makes room for so many rounds. b->bytes grows to what the row needs. Returns turns a round, 0 without
 * memory.
 */
size_t bench_ceiling_prepare(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                             struct bench_ceiling_turns *turns, size_t rounds);
/* A clock is fine enough for the shortest repetitions, or QK_ERR_INVALID. */
int bench_ceiling_check_clock(struct qk_error *err);
/* One turn. Before the first one it finds out how much work a repetition is. */
void bench_ceiling_take_turn(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                             struct bench_ceiling_turns *turns);
/* The row's numbers from its turns, of which there is at least one. scratch is as large as rates. */
void bench_ceiling_estimate(struct bench_ceiling *row, const struct bench_ceiling_turns *turns,
                            double *scratch);
