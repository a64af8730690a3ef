/* SPDX-License-Identifier: MIT */
/* What the files that make ceilings share with their tests. */
#pragma once

#include "harness/ceilings/ceilings.h"
#include "harness/ceilings/team.h"

/*
 * Working set of each of `threads` threads for a cache level, in whole pages. For L1 and L2 it is half of a
 * thread's share. For L3 it is an eighth or, if that is more, four times L2, but at most half.
 *
 * 0 with the reason in why[size] when the size of the cache is not known. Also when the set would be less
 * than twice the level before, because that would hold most of it.
 */
size_t bench_ceiling_cache_bytes(const struct bench_environment *env, int level, int threads, char *why,
                                 size_t size);
/*
 * The working set of all threads together for DRAM: max(256 MiB, 4 x L3), counting as many L3 as the threads
 * use. It is a multiple of 1 MiB x threads.
 */
size_t bench_ceiling_dram_bytes(const struct bench_environment *env, int threads);

/*
 * Makes c->rows from the loops, c->env and c->threads. Each row has its working set, or the reason why it
 * cannot run. QK_ERR_MEMORY.
 */
int bench_ceilings_plan(struct bench_ceilings *c, const struct qk_cpu *isa, struct qk_error *err);
/*
 * The same of cfg->readers alone. c->threads comes in as the number of CPUs, and becomes what the rows need.
 */
int bench_ceilings_plan_readers(struct bench_ceilings *c, const struct bench_ceilings_config *cfg,
                                struct qk_error *err);

enum { BENCH_CEILING_TURNS_MAX = 4 }; /* turns of a row in a round */

/* What all turns share. */
struct bench_ceiling_bench {
    struct bench_team *team;
    struct qk_rng *rng;
    size_t bytes[BENCH_TEAM_MEMORIES]; /* least size of the team's memory */
    size_t window;                     /* in the DRAM buffers: the part after the one used last */
};

/* All repetitions of a row, in the order they were taken. A turn has `repetitions` of them. */
struct bench_ceiling_turns {
    size_t turns, repetitions;
    double *rates;  /* owned; [turns * repetitions]; 0 where the clock stood still, went back or jumped */
    double *ghz;    /* owned; [turns], for a peak: the clock right after the turn; NaN when not known */
    double pass_ns; /* fastest time of one pass so far; 0: none yet */
};

/*
 * Makes room for `rounds` rounds. b->bytes grows to what the row needs. Returns the number of turns in a
 * round, or 0 when memory is refused.
 */
size_t bench_ceiling_prepare(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                             struct bench_ceiling_turns *turns, size_t rounds);
/* 0 when the clock is fine enough for the shortest repetitions, else QK_ERR_INVALID. */
int bench_ceiling_check_clock(struct qk_error *err);
/* Takes one turn. Before the first one, it finds how much work a repetition is. */
void bench_ceiling_take_turn(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                             struct bench_ceiling_turns *turns);
/* Computes the row's numbers from its turns, of which there is at least one. scratch is as large as rates. */
void bench_ceiling_estimate(struct bench_ceiling *row, const struct bench_ceiling_turns *turns,
                            double *scratch);
