/* SPDX-License-Identifier: MIT */
/* Where the calling thread runs, on machines of any number of CPUs. */
#pragma once

#include "kernels/support.h"

enum { BENCH_CPUS_MAX = 65536 }; /* eight times what Linux is built for at most */

/* A set of CPUs: what cpu_set_t is for the first 1024. */
struct bench_cpus {
    unsigned long bits[BENCH_CPUS_MAX / 8 / sizeof(unsigned long)];
};

/* The CPUs that the calling thread may run on. QK_ERR_IO. */
int bench_cpus_allowed(struct bench_cpus *set, struct qk_error *err);
/* Lets the calling thread run on these. False with errno when the system refuses. */
bool bench_cpus_use(const struct bench_cpus *set);
/* The same for one. */
bool bench_cpus_use_one(int cpu);
bool bench_cpus_has(const struct bench_cpus *set, int cpu);
size_t bench_cpus_count(const struct bench_cpus *set);
/* "0-3,8" into to[size], cut with "..." when too long. Returns to. */
char *bench_cpus_list(const struct bench_cpus *set, char *to, size_t size);

/*
 * Pins the calling thread to `cpu`. If that is negative, to the last one that the system lets it have,
 * because CPU 0 takes most interrupts. Returns the CPU, or QK_ERR_IO naming those that are allowed.
 */
int bench_pin(int cpu, struct qk_error *err);
/*
 * Is the thread still on the CPU it was pinned to? If it is moved from there, pins it anew; QK_ERR_IO as
 * bench_pin.
 */
int bench_pin_again(int cpu, struct qk_error *err);
