/* SPDX-License-Identifier: MIT */
/*
 * How much memory may be taken now, so that neither the system refuses it nor the out-of-memory killer comes.
 */
#pragma once

#include "kernels/support.h"

struct bench_memory_free {
    double free;     /* bytes, by the tightest limit; INFINITY when none is known */
    double room;     /* what may be taken of them: a tenth stays free */
    char limit[200]; /* whose limit that is: "memory.max of /sys/fs/cgroup/ci" */
};

/*
 * The least of MemAvailable, the control groups above this process, RLIMIT_AS and RLIMIT_DATA. Swap does not
 * count: what is measured must not be in it. /proc and /sys are looked up below `root`; with a folder there
 * are no RLIMITs.
 */
void bench_memory_read(const char *root, struct bench_memory_free *m);
/* 0, or QK_ERR_MEMORY: `what` needs more bytes than there is room; how many, and who limits. */
int bench_memory_check(size_t bytes, const char *what, struct qk_error *err);
