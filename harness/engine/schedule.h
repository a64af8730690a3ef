/* SPDX-License-Identifier: MIT */
/*
 * How long slices and blocks are, how many of them a group gets, and in which order the slices of a round
 * run.
 */
#pragma once

#include "kernels/support.h"

struct bench_schedule {
    size_t rounds; /* rounds per block; each holds one slice of every arm */
    size_t blocks; /* at most BENCH_BLOCKS_MAX */
    double ns;     /* what all of it is expected to take */
};

/* A clock is fine enough for such a slice, or QK_ERR_INVALID (bench_clock_check). */
int bench_schedule_check_clock(struct qk_error *err);
/* Calls that fill a slice of 400 us, at least one, for a call that takes call_ns (> 0). */
uint64_t bench_schedule_calls(double call_ns);

/*
 * Blocks of about block_ns, of rounds that take round_ns each, and as many of them as budget_ns holds, but
 * from `least` to `most`.
 */
struct bench_schedule bench_schedule_make(double round_ns, double block_ns, double budget_ns, double least,
                                          double most);
/*
 * For arms whose slices together take round_ns.
 *   full   blocks of about 60 ms; 64 of them, fewer when that would take longer than 12 s, but never under 16
 *   quick  blocks of about 30 ms; 16 of them, fewer when that would take longer than 2 s, but never under 8
 * An interval at 95 % needs 6 blocks.
 */
struct bench_schedule bench_schedule_fit(double round_ns, bool quick);

/* The same blocks, as short as those of a quick run: for a budget that is short of the time for long ones. */
struct bench_schedule bench_schedule_shorten(const struct bench_schedule *s);

/* order[n] becomes a permutation of 0..n-1, drawn evenly (Fisher and Yates). */
void bench_schedule_order(struct qk_rng *rng, size_t *order, size_t n);
