/* SPDX-License-Identifier: MIT */
/* What files of this folder and its tests share and nobody else needs. */
#ifndef QKBENCH_HARNESS_PRIVATE_H
#define QKBENCH_HARNESS_PRIVATE_H

#include "harness/sample_set.h"

/* bench_environment_read with /proc and /sys looked up below `root` ("" for the real ones). */
void bench_environment_read_from(const char *root, struct bench_environment *env, int cpu);
/* 16 hex digits of the identity fields as they are now, without looking at env->fingerprint. */
void bench_environment_hash(const struct bench_environment *env, char to[20]);

/* What nobody has looked up yet: numbers -1, texts empty, fingerprint of that. */
void bench_environment_init(struct bench_environment *env);

/* Rounded to the seven significant digits a file keeps, so that what is derived from it survives a round
 * trip. */
double bench_stored(double x);

/*
 * The rules a sample set obeys in memory and in a file: names, declared work, positive finite samples, equal
 * blocks and slices in a group, no case twice, fingerprint that fits. `code` with the JSON path in err->where
 * and `file` (may be empty) in front of the text.
 */
int bench_sample_set_check(const struct bench_sample_set *set, const char *file, int code,
                           struct qk_error *err);

#endif
