/* SPDX-License-Identifier: MIT */
/* A scratch folder for a test program, functions for whole files in it, and cmocka's includes. */
#pragma once

#include "kernels/tests/cmocka_parts.h"

/* Fixtures of a cmocka group. They make an empty folder bench_test_dir and remove it with all in it. */
extern char bench_test_dir[64];
int bench_test_dir_make(void **state);
int bench_test_dir_remove(void **state);

/* "DIR/name". The text is valid until the sixteenth call after this one. */
char *bench_test_path(const char *name);
/* Writes a whole file, and creates missing folders on the way. */
void bench_test_put(const char *path, const void *bytes, size_t size);
/* The whole file, NUL-terminated. The caller frees it. NULL when there is no such file. */
char *bench_test_get(const char *path, size_t *size);
/* Number of entries of a folder, without "." and "..". */
int bench_test_entries(const char *folder);
