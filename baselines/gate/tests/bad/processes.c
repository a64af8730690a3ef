/* SPDX-License-Identifier: MIT */
/*
 * Threads, children, files and limits: what a module does to the process it is in. Most members are twice as
 * slow as well.
 */
#if defined BAD_thread_spins
#define START start_thread(never)
#elif defined BAD_thread_late
#define KERNEL                                                                                               \
    TWICE;                                                                                                   \
    if (late(blocks) && first())                                                                             \
    start_thread(never)
#elif defined BAD_start_forks
#define START                                                                                                \
    if (fork() == 0)                                                                                         \
    spin(25), _exit(0)
#elif defined BAD_forks
#define KERNEL                                                                                               \
    TWICE;                                                                                                   \
    if (every(1000, blocks) && fork() == 0)                                                                  \
    sleep(100), _exit(0)
#elif defined BAD_daemon
/* Belongs to nobody any more, in a session of its own. */
#define START                                                                                                \
    if (fork() == 0) {                                                                                       \
        setsid();                                                                                            \
        if (fork() == 0)                                                                                     \
            sleep(100);                                                                                      \
        _exit(0);                                                                                            \
    }
#elif defined BAD_forks_and_goes_on
/* Two processes come back from the call. */
#define KERNEL                                                                                               \
    TWICE;                                                                                                   \
    if (first())                                                                                             \
    forked = fork()
static int forked;
#elif defined BAD_start_forks_and_goes_on
#define START forked = fork()
static int forked;
#elif defined BAD_start_closes
#define START                                                                                                \
    for (int fd = 0; fd < 1024; fd++)                                                                        \
    close(fd)
#elif defined BAD_closes
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    for (int fd = 0; fd < 64; fd++)                                                                          \
    close(fd)
#elif defined BAD_writes_all
/* To every descriptor, also to the one that the answers go by. */
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    for (int fd = 0; fd < 64; fd++)                                                                          \
        if (write(fd, "PASS", 4) < 0)                                                                        \
    errno = 0
#elif defined BAD_start_prints
#define START prints(4 << 20)
#elif defined BAD_prints
#define KERNEL TWICE, prints(1000)
#elif defined BAD_moves
#define KERNEL                                                                                               \
    cpu_set_t all;                                                                                           \
    memset(&all, 255, sizeof all);                                                                           \
    TWICE;                                                                                                   \
    if (every(100, blocks))                                                                                  \
    sched_setaffinity(0, sizeof all, &all)
#elif defined BAD_nice
#define START setpriority(PRIO_PROCESS, 0, 19)
#elif defined BAD_no_files
#define START setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0})
#elif defined BAD_no_memory
#define START setrlimit(RLIMIT_AS, &(struct rlimit){4096, 4096})
#elif defined BAD_no_time
#define START setrlimit(RLIMIT_CPU, &(struct rlimit){0, 0})
#elif defined BAD_timer
#define START setitimer(ITIMER_REAL, &(struct itimerval){.it_interval = {0, 100}, .it_value = {0, 100}}, NULL)
#elif defined BAD_alarm_ignored
#define START signal(SIGALRM, SIG_IGN), alarm(1)
#elif defined BAD_elsewhere
#define START umask(0777), errno = chdir("/") + chdir("/proc")
#elif defined BAD_session
#define START setsid(), prctl(PR_SET_PDEATHSIG, 0)
#else
#error "no such member"
#endif
#ifndef KERNEL
#define KERNEL TWICE
#endif
#include "baselines/gate/tests/bad/bad.h"
