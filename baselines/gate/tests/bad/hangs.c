/* SPDX-License-Identifier: MIT */
/* Modules that do not come back. */
#if defined BAD_start_hangs
#define START never()
#elif defined BAD_start_sleeps
#define START sleep(1000)
#elif defined BAD_start_stops
#define START raise(SIGSTOP)
#elif defined BAD_module_hangs
#define MODULE never()
#elif defined BAD_end_hangs
#define END    never()
#define KERNEL TWICE
#elif defined BAD_hangs
#define KERNEL never()
#elif defined BAD_hangs_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    never()
#elif defined BAD_hangs_shape
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (blocks == BLOCKS)                                                                                    \
    never()
#elif defined BAD_hangs_deaf
/* Deaf to every signal that can be ignored. */
#define KERNEL                                                                                               \
    sigset_t all;                                                                                            \
    sigfillset(&all);                                                                                        \
    sigprocmask(SIG_BLOCK, &all, NULL);                                                                      \
    never()
#elif defined BAD_sleeps
#define KERNEL good(QK_PASS), pause()
#elif defined BAD_stops
#define KERNEL good(QK_PASS), raise(SIGSTOP)
#elif defined BAD_stops_traced
/* Every signal stops it, and its parent is to look why. */
#define START  ptrace(PTRACE_TRACEME, 0, NULL, NULL)
#define KERNEL good(QK_PASS), raise(SIGUSR1)
#elif defined BAD_waits_thread
/* For a lock that nobody gives back. */
#define KERNEL                                                                                               \
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;                                                 \
    good(QK_PASS), pthread_mutex_lock(&lock)
#elif defined BAD_reads
#define KERNEL good(QK_PASS), waits_for_input()
static void waits_for_input(void);
#else
#error "no such member"
#endif
#include "baselines/gate/tests/bad/bad.h"

#ifdef BAD_reads
static void waits_for_input(void)
{
    int ends[2];
    char c;
    if (pipe(ends) || read(ends[0], &c, 1) < 0)
        abort();
}
#endif
