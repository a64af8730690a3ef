/* SPDX-License-Identifier: MIT */
/*
 * The files below /proc and /sys in which the operating system describes the machine, and the lists of CPUs
 * in them. They are looked up below `root`. "" is the real system; a test gives a folder with a machine of
 * its own.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Opens root + path for reading. NULL with errno. */
FILE *bench_open_below(const char *root, const char *path);
/*
 * Reads the first line of root + path, without its newline. When there is none, returns false with to[0] = 0
 * and errno (0 when the line is empty).
 */
bool bench_first_line(char *to, size_t size, const char *root, const char *path);
/* Counts the members: "0-3,8" has 5. Returns 0 when the text is no such list. */
int bench_list_members(const char *list);
/* Is n in that list? */
bool bench_list_has(const char *list, int n);
