/* SPDX-License-Identifier: MIT */
/* What the files that make ceilings share with their tests. */
#ifndef QKBENCH_HARNESS_CEILINGS_PRIVATE_H
#define QKBENCH_HARNESS_CEILINGS_PRIVATE_H

#include "harness/ceilings.h"

/*
 * Working set of each of `threads` threads for a cache level, whole pages: half of a thread's share of L1 and L2, a
 * quarter of its share of L3 or, when that is less than twice L2, half. 0 with the reason in why[size] when sysfs does not tell, or a share of L3 is so small
 * that L2 would hold most of it.
 */
size_t bench_ceiling_cache_bytes(const struct bench_environment *env, int level, int threads, char *why,
                                 size_t size);
/* Of all threads together, for DRAM: max(256 MiB, 4 x L3) for as many L3 as they have. A multiple of 1 MiB x threads. */
size_t bench_ceiling_dram_bytes(const struct bench_environment *env, int threads);

/* c->rows from the loops, c->env and c->threads: working sets, and the reasons of those that cannot run. QK_ERR_MEMORY. */
int bench_ceilings_plan(struct bench_ceilings *c, const struct qk_cpu *isa, struct qk_error *err);

/* best and median of the repetitions' rates; n >= 1, scratch [n]. */
void bench_ceiling_estimate(struct bench_ceiling *row, const double *rates, size_t n, double *scratch);

#endif
