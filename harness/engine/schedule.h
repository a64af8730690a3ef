/* SPDX-License-Identifier: MIT */
/*
 * The length of slices and blocks, the number of blocks of a group, and the order of the slices in a round.
 */
#pragma once

#include "kernels/support.h"

struct bench_schedule {
    size_t rounds; /* rounds per block; each holds one slice of every arm */
    size_t blocks; /* at most BENCH_BLOCKS_MAX */
    double ns;     /* expected time of all blocks */
};

/* 0 when the clock is fine enough for a slice, else QK_ERR_INVALID (bench_clock_check). */
int bench_schedule_check_clock(struct qk_error *err);
/* Number of calls that fill a slice of 400 us, at least one. A call takes call_ns (> 0). */
uint64_t bench_schedule_calls(double call_ns);

/*
 * Makes blocks of about block_ns from rounds that take round_ns each. It plans as many blocks as fit in
 * budget_ns, but at least `least` and at most `most`.
 */
struct bench_schedule bench_schedule_make(double round_ns, double block_ns, double budget_ns, double least,
                                          double most);
/*
 * A schedule for arms whose slices together take round_ns.
 * - Full: 64 blocks of about 60 ms. Fewer when that would take longer than 12 s, but at least 16.
 * - Quick: 16 blocks of about 30 ms. Fewer when that would take longer than 2 s, but at least 8.
 * An interval at 95 % needs 6 blocks.
 */
struct bench_schedule bench_schedule_fit(double round_ns, bool quick);

/*
 * The same number of blocks, each as short as in a quick run. It is for a budget that is too small for long
 * blocks.
 */
struct bench_schedule bench_schedule_shorten(const struct bench_schedule *s);

/* Makes order[n] a permutation of 0..n-1. All permutations are equally likely (Fisher and Yates). */
void bench_schedule_order(struct qk_rng *rng, size_t *order, size_t n);
