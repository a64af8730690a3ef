/* SPDX-License-Identifier: MIT */
/* The CPUs that the calling thread runs on, on machines with any number of CPUs. */
#pragma once

#include "kernels/support.h"

#include <sys/types.h>

enum { BENCH_CPUS_MAX = 65536 }; /* eight times the most that Linux is built for */

/* A set of CPUs. It is like cpu_set_t, which holds only the first 1024. */
struct bench_cpus {
    unsigned long bits[BENCH_CPUS_MAX / 8 / sizeof(unsigned long)];
};

/* The CPUs that the calling thread may run on. Fails with QK_ERR_IO. */
int bench_cpus_allowed(struct bench_cpus *set, struct qk_error *err);
/* Lets the calling thread run on the CPUs of `set`. False with errno when the system refuses. */
bool bench_cpus_use(const struct bench_cpus *set);
/* The same for one CPU. */
bool bench_cpus_use_one(int cpu);
/* Lets all threads that `process` has now run on one CPU. False with errno when one of them may not. */
bool bench_cpus_give_one(pid_t process, int cpu);
bool bench_cpus_has(const struct bench_cpus *set, int cpu);
void bench_cpus_add(struct bench_cpus *set, int cpu); /* from 0 to BENCH_CPUS_MAX - 1 */
size_t bench_cpus_count(const struct bench_cpus *set);
/* Writes a list like "0-3,8" to to[size], cut with "..." when too long. Returns `to`. */
char *bench_cpus_list(const struct bench_cpus *set, char *to, size_t size);

/* The last CPU that the calling thread may run on, or QK_ERR_IO. */
int bench_cpus_last(struct qk_error *err);
/*
 * Pins the calling thread to `cpu`. A negative `cpu` means the last CPU that the system lets it have, because
 * CPU 0 takes most interrupts. Returns the CPU, or QK_ERR_IO with the list of those that are allowed.
 */
int bench_pin(int cpu, struct qk_error *err);
/*
 * Checks that the thread is still on the CPU it was pinned to, and pins it anew when it was moved. QK_ERR_IO
 * when that fails.
 */
int bench_pin_again(int cpu, struct qk_error *err);
