/* SPDX-License-Identifier: MIT */
/* Breakdowns made by hand. Nothing here is measured. */
#pragma once

#include "harness/breakdown/breakdown.h"

enum { BENCH_TEST_ARMS = 6, BENCH_TEST_BLOCKS = 12, BENCH_TEST_ROUNDS = 3 };

/*
 * Makes an ok row of qk256_dequant on 4096 elements that has no estimate yet. In block b and round r, arm a
 * takes at[a] * drift(b) + wobble * sign(a, b, r). It is rounded to seven digits, as in a run. The drift is a
 * few per cent, and the same for all arms of a block. The signs differ between arms and blocks.
 */
void bench_test_breakdown_row(struct bench_breakdown_row *row, const char *variant,
                              const double at[BENCH_TEST_ARMS], double wobble);
/*
 * Six rows with estimates: scalar; p1_unpack with a negative component and one that is not resolved; p2_fma;
 * p2_unroll8 skipped; p3_prefetch failed; p4_permute.
 */
void bench_test_breakdown(struct bench_breakdown *bd);
/* The variant of that name in the table. */
const struct qk_variant *bench_test_variant(const char *name);
