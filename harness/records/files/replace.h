/* SPDX-License-Identifier: MIT */
/* How a finished file takes an old one's place. */
#pragma once

#include <stdbool.h>

/*
 * Gives the new file `fd` the mode, owner, group, access list and user attributes of what is called `path`,
 * if that is there. False when it cannot have the same owner, group and access list: others could then read
 * or lose it.
 */
bool bench_replace_adopt(int fd, const char *path);
/*
 * Makes the bytes of `fd` those of the file `path`, which stays the file it is; 0 or an errno. After a
 * failure the old bytes are back. They are kept in memory meanwhile, so nothing is done when they do not fit
 * there.
 */
int bench_replace_bytes(int fd, const char *path);
