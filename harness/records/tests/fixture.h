/* SPDX-License-Identifier: MIT */
/* What the tests of this folder share: cmocka's includes, a scratch folder, whole files, and a sample set. */
#ifndef QKBENCH_HARNESS_RECORDS_TESTS_FIXTURE_H
#define QKBENCH_HARNESS_RECORDS_TESTS_FIXTURE_H

#include <stdio.h>

#include "harness/records/sample_set.h"

#include "kernels/tests/cmocka_parts.h"

/* cmocka group fixtures: bench_test_dir is an empty folder for the test program, removed with all in it. */
extern char bench_test_dir[64];
int bench_test_dir_make(void **state);
int bench_test_dir_remove(void **state);

/* "DIR/name"; the text lives until the sixteenth call from now. */
char *bench_test_path(const char *name);
/* Creates missing folders on the way. */
void bench_test_put(const char *path, const void *bytes, size_t size);
/* The whole file, NUL-terminated, to be freed; NULL when there is none. */
char *bench_test_get(const char *path, size_t *size);
/* Entries of a folder, "." and ".." not counted. */
int bench_test_entries(const char *folder);

/*
 * Seven cases. Group qk256_dequant/4096, 7 blocks of 3 slices: scalar (reference), p1_unpack at exactly half
 * scalar's time, p2_fma skipped, p3_prefetch failed, p4_permute at a quarter, autovec_v3 (no phase) at a
 * third. Block 2 is disturbed; scalar has a metric that is whole, one that is not, with a remark, and one without a
 * value. Group qk256_dequant/256: scalar alone, one block of one slice, no clock, no events.
 */
void bench_test_set(struct bench_sample_set *set);

#endif
