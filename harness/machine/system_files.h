/* SPDX-License-Identifier: MIT */
/*
 * The files in which the operating system tells about the machine, /proc and /sys, and the lists of CPUs that
 * they hold. They are looked up below `root`. "" is the real one; a test makes a machine of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* root + path for reading; NULL with errno. */
FILE *bench_open_below(const char *root, const char *path);
/*
 * First line of root + path, without its newline. When there is none: false, to[0] = 0, and errno (0: the
 * line is empty).
 */
bool bench_first_line(char *to, size_t size, const char *root, const char *path);
/* "0-3,8" has 5 members; 0 when the text is no such list. */
int bench_list_members(const char *list);
/* Is n in such a list? */
bool bench_list_has(const char *list, int n);
