/* SPDX-License-Identifier: MIT */
/* A scratch folder for a test program, and whole files in it; cmocka's includes. */
#pragma once

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
