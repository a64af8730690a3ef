/* SPDX-License-Identifier: MIT */
/*
 * How close a kernel comes to what this machine can do: the time that its declared work takes at the measured
 * ceilings, as a share of the time it took.
 */
#pragma once

#include "harness/ceilings/ceilings.h"
#include "harness/records/sample_set.h"

struct bench_bound {
    double ns;      /* no call is faster; NaN when a ceiling it needs is missing */
    char text[240]; /* which ceilings, or which one is missing and why */
};

/*
 * The bound of one thread for a call that reads and writes so many bytes and does so many operations. Its
 * working set is what it reads and writes. The bound is the larger of
 *   memory   max(R / read, W / write) + serial * min(R / read, W / write)
 *   compute  ops / the largest peak there is, of whatever instruction
 * read and write (the faster of plain and non-temporal) are those of the smallest level that the working set
 * fits.
 *
 * `serial` is the share of the shorter one that comes on top of the longer, and it is measured. Copying a
 * byte takes 2 / copy. Perfect overlap would need max(1 / read, 1 / write), none would need 1 / read + 1 /
 * write. serial is where between these two the copy lies, 0 to 1. Found on Zen 4: 0 in L1, which has ports of
 * their own for loads and stores; 1 in L2 and L3, which hand over 32 bytes a cycle either way; 0.9 in DRAM.
 */
struct bench_bound bench_roofline_bound(const struct bench_ceilings *c, const struct bench_environment *env,
                                        double bytes_read, double bytes_written, double ops);

/*
 * Adds to every ok record the metric `percent_of_ceiling` ("%"), whose remark names the ceilings. It says
 * there, too, why a value is above 100. The median time is the one of bench_summary. QK_ERR_MEMORY.
 */
int bench_roofline_apply(struct bench_sample_set *set, const struct bench_ceilings *c, struct qk_error *err);
