/* SPDX-License-Identifier: MIT */
/*
 * The limits that control groups, version 1 or 2, set for this process. Each group on the way to the root is
 * a limit, and the tightest one counts. /proc and /sys are looked up below `root`.
 */
#pragma once

#include <stddef.h>

/*
 * CPU time, in CPUs. INFINITY when there is no limit. NaN when it is not known, with the reason in why[size].
 */
double bench_cgroup_cpus(const char *root, char *why, size_t size);
/*
 * Bytes that may still be taken. INFINITY when there is no limit. who[size] names the file that sets the
 * limit.
 */
double bench_cgroup_memory(const char *root, char *who, size_t size);
