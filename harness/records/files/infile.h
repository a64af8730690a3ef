/* SPDX-License-Identifier: MIT */
/*
 * Input files that a person names: regular files and pipes. A pipe may be /dev/stdin or <(...). The name "-"
 * has no special meaning.
 */
#pragma once

#include <sys/stat.h>

/*
 * Returns a descriptor to read from, or -1 with errno. *st receives its fstat. It never waits for a writer: a
 * FIFO that nobody writes is at its end at once.
 */
int bench_infile_open(const char *path, struct stat *st);
