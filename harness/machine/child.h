/* SPDX-License-Identifier: MIT */
/* Other programs as children, which end with the thread that started them, and what children leave behind. */
#pragma once

#include <sys/types.h>

/*
 * Starts `file`, looked for in PATH when it has no slash, with the three standard descriptors `fds`; -1 is
 * /dev/null. 0 or the errno that kept it from running; *pid is the caller's to wait for. The child gets
 * SIGTERM when we die.
 */
int bench_child_start(pid_t *pid, const char *file, char *const *argv, char *const *environment,
                      const int fds[3]);

/*
 * From the first on, processes that a child leaves behind become this one's children; the second ends all
 * children. So the caller has none of its own by then.
 */
void bench_strays_adopt(void);
void bench_strays_end(void);
