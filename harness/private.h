/* SPDX-License-Identifier: MIT */
/* What files of this folder and its tests share and nobody else needs. */
#ifndef QKBENCH_HARNESS_PRIVATE_H
#define QKBENCH_HARNESS_PRIVATE_H

#include "harness/breakdown.h"
#include "harness/buffers.h"
#include "harness/counters_sw.h"

/* bench_environment_read with /proc and /sys looked up below `root` ("" for the real ones). */
void bench_environment_read_from(const char *root, struct bench_environment *env, int cpu);
/* 16 hex digits of the identity fields as they are now, without looking at env->fingerprint. */
void bench_environment_hash(const struct bench_environment *env, char to[20]);

/* bench_sw_open with /proc looked up below `root`; then without perf_event_open. */
void bench_sw_open_from(const char *root, struct bench_sw *sw, int cpu);

/* root + path for reading; NULL with errno. */
FILE *bench_open_below(const char *root, const char *path);
/* First line of root + path without its newline; false, with errno (0: empty) and to[0] = 0, when there is none. */
bool bench_first_line(char *to, size_t size, const char *root, const char *path);
/* "0-3,8" has 5 members; 0 when the text is no such list. */
int bench_list_members(const char *list);

/* What nobody has looked up yet: numbers -1, texts empty, fingerprint of that. */
void bench_environment_init(struct bench_environment *env);
/*
 * Adds what cpuid tells of this CPU's caches, for virtual machines whose sysfs lists none; nothing on other
 * architectures. env->cpu_vendor is read. Source: Intel SDM vol. 2A, CPUID leaf 4; AMD64 APM vol. 3, appendix E.
 */
void bench_environment_cpuid_caches(struct bench_environment *env);

/* Rounded to the seven significant digits a file keeps, so that what is derived from it survives a round
 * trip. */
double bench_stored(double x);

/*
 * Appends to an estimated row what cfg->counters count of each arm (prefixes and, last, the kernel), one at a time. What
 * cannot be counted has its reason. QK_ERR_MEMORY, QK_ERR_INTERRUPTED, errors of inputs.
 */
int bench_breakdown_count_row(struct bench_breakdown_row *row, qk_fn *const *arm,
                              const struct bench_buffers *buffers, const struct bench_run_config *cfg,
                              struct qk_error *err);

/*
 * The rules a sample set obeys in memory and in a file: names, declared work, positive finite samples, equal
 * blocks and slices in a group, no case twice, fingerprint that fits. `code` with the JSON path in err->where
 * and `file` (may be empty) in front of the text.
 */
int bench_sample_set_check(const struct bench_sample_set *set, const char *file, int code,
                           struct qk_error *err);

#endif
