/* SPDX-License-Identifier: MIT */
/*
 * Starts other programs as children, and ends what those leave behind. A child ends with the thread that
 * started it.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Starts `file`, which is looked for in PATH when it has no slash. `fds` are its three standard descriptors;
 * -1 stands for /dev/null. Returns 0, or the errno that kept it from running. The caller waits for *pid. The
 * child gets SIGTERM when the thread that started it dies.
 */
int bench_child_start(pid_t *pid, const char *file, char *const *argv, char *const *environment,
                      const int fds[3]);

enum { BENCH_PROCESS_HOW = 120 };
/* How a process that was waited for ended: "died of SIGSEGV (Segmentation fault)". */
void bench_process_how(int status, char how[BENCH_PROCESS_HOW]);
/* The last line that a child wrote to the file `fd`, behind ": "; "" when there is none. Returns `to`. */
const char *bench_last_words(int fd, char *to, size_t size);

/*
 * After bench_strays_adopt, processes that a child leaves behind become children of this process.
 * bench_strays_end kills all children, so the caller must have none of its own by then.
 */
void bench_strays_adopt(void);
void bench_strays_end(void);
