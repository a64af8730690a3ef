/* SPDX-License-Identifier: MIT */
/* How much memory may be taken now without a refusal by the system and without the out-of-memory killer. */
#pragma once

#include "kernels/support.h"

struct bench_memory_free {
    double free;     /* bytes free by the tightest limit; INFINITY when none is known */
    double room;     /* how many of these may be taken: a tenth stays free */
    char limit[200]; /* which limit that is: "memory.max of /sys/fs/cgroup/ci" */
};

/*
 * Takes the least of MemAvailable, the control groups above this process, RLIMIT_AS and RLIMIT_DATA. Swap
 * does not count, because nothing that is measured may lie in it. /proc and /sys are looked up below `root`.
 * When that is a folder, the RLIMITs are not read.
 */
void bench_memory_read(const char *root, struct bench_memory_free *m);
/*
 * 0, or QK_ERR_MEMORY when `what` needs more bytes than there is room. The text says how many and names the
 * limit.
 */
int bench_memory_check(size_t bytes, const char *what, struct qk_error *err);

/* Memory of this process that is in RAM, in bytes. */
struct bench_memory_resident {
    double now;  /* 0 when /proc does not say */
    double peak; /* the most since the process began, or since bench_memory_forget_peak */
};
struct bench_memory_resident bench_memory_resident(void);
/* False when the system does not let it be forgotten. */
bool bench_memory_forget_peak(void);
