/* SPDX-License-Identifier: MIT */
/*
 * How close a kernel comes to what this machine can do. The measured ceilings give the time that the kernel's
 * declared work takes at best. The result is that time as a share of the time it took.
 */
#pragma once

#include "harness/ceilings/ceilings.h"
#include "harness/records/sample_set.h"

struct bench_bound {
    double ns;      /* no call is faster; NaN when a ceiling is missing */
    char text[240]; /* which ceilings, or which one is missing and why */
};

/*
 * The bound of one thread for a call that reads and writes that many bytes (R and W) and does that many
 * operations. The working set is R + W. The bound is the larger of two times:
 * - memory: max(R / read, W / write) + serial * min(R / read, W / write)
 * - compute: ops / the largest peak of any instruction
 * read and write are ceilings of the smallest level that the working set fits in. write is the faster of
 * plain and non-temporal.
 *
 * `serial` is the share of the shorter time that comes on top of the longer one. It is measured. Copying a
 * byte takes 2 / copy. Perfect overlap would take max(1 / read, 1 / write), and no overlap 1 / read + 1 /
 * write, here with plain writes. `serial` says where the copy lies between these two, from 0 to 1. On Zen 4
 * it was found to be:
 * - 0 in L1, which has separate ports for loads and stores
 * - 1 in L2 and L3, which hand over 32 bytes a cycle either way
 * - 0.9 in DRAM
 */
struct bench_bound bench_roofline_bound(const struct bench_ceilings *c, const struct bench_environment *env,
                                        double bytes_read, double bytes_written, double ops);

/*
 * Adds the metric `percent_of_ceiling` ("%") to every ok record. Its remark names the ceilings, and says why
 * a value is above 100. The median time is that of bench_summary. QK_ERR_MEMORY.
 */
int bench_roofline_apply(struct bench_sample_set *set, const struct bench_ceilings *c, struct qk_error *err);
