/* SPDX-License-Identifier: MIT */
/*
 * What the control groups above this process allow, version 1 or 2. Each group on the way to the root is a
 * limit, so the least counts. /proc and /sys are looked up below `root`.
 */
#pragma once

#include <stddef.h>

/* CPU time, in CPUs. INFINITY when there is no limit, NaN with why[size] when not known. */
double bench_cgroup_cpus(const char *root, char *why, size_t size);
/* Bytes that may still be taken. INFINITY when there is no limit. who[size] is the file that limits. */
double bench_cgroup_memory(const char *root, char *who, size_t size);
