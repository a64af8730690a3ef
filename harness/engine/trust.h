/* SPDX-License-Identifier: MIT */
/* Can the times of a block be believed? What a clock does that jumps, goes back or stands still is no sample. */
#ifndef QKBENCH_HARNESS_ENGINE_TRUST_H
#define QKBENCH_HARNESS_ENGINE_TRUST_H

#include <stddef.h>

/*
 * Why the slices of one arm in one block, ns[n] in any order, are not to be believed; NULL when they are. A slice takes
 * some time, at least a hundredth of the middle of them, and not more than ten times as long where that is a quarter of
 * a second. `expected` is what a slice takes, and stands for the middle where n is below 3. scratch[n].
 */
const char *bench_slices_odd(const double *ns, size_t n, double expected, double *scratch);

#endif
