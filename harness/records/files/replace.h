/* SPDX-License-Identifier: MIT */
/* How a finished file takes the place of an old one. */
#pragma once

#include <stdbool.h>

/*
 * Gives the new file `fd` the mode, owner, group, access list and user attributes of the file at `path`, if
 * there is one. False when owner, mode, group or access list cannot be the same: others could then read the
 * new file, or could no longer.
 */
bool bench_replace_adopt(int fd, const char *path);
/*
 * Copies the bytes of `fd` into the file at `path`, which remains the same file. Returns 0 or an errno. The
 * old bytes are kept in memory meanwhile, and are put back after a failure. When they do not fit in memory,
 * nothing is done.
 */
int bench_replace_bytes(int fd, const char *path);
