/* SPDX-License-Identifier: MIT */
/*
 * Files that a person names as input: regular ones, and pipes ("-" is none of them; /dev/stdin and <(...)
 * are).
 */
#pragma once

#include <sys/stat.h>

/*
 * A descriptor to read from, or -1 with errno. Never waits for somebody to open the other end: a FIFO that
 * nobody writes is at its end at once. *st says what it is.
 */
int bench_infile_open(const char *path, struct stat *st);
