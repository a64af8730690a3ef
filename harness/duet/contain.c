/* SPDX-License-Identifier: MIT */
#include "harness/duet/contain.h"

#include "harness/machine/config.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#ifdef QK_HAVE_SECCOMP
#include <seccomp.h>
#endif

void bench_keep(struct bench_kept *kept)
{
    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &kept->action[i]))
            kept->action[i].sa_handler = SIG_ERR; /* no such signal, or the C library's own */
    for (int i = 0; i < RLIM_NLIMITS; i++)
        getrlimit((__rlimit_resource_t)i, &kept->limit[i]);
    qk_state_read(&kept->state);
}

void bench_put_back(const struct bench_kept *kept)
{
    const struct itimerval never = {0};
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
        setitimer((enum __itimer_which)which, &never, NULL);
    for (int i = 1; i < NSIG; i++)
        if (kept->action[i].sa_handler != SIG_ERR)
            sigaction(i, &kept->action[i], NULL);
    for (int i = 0; i < RLIM_NLIMITS; i++)
        setrlimit((__rlimit_resource_t)i, &kept->limit[i]);
    qk_state_write(&kept->state);
}

#ifdef QK_HAVE_SECCOMP

/* Signals to its group, to everybody, or to who started it. */
static int refuse_signals(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp to[] = {SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, 0),
                                      SCMP_A0(SCMP_CMP_MASKED_EQ, 0x80000000, 0x80000000),
                                      SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)getppid())};
    int failed = 0;
    for (size_t i = 0; i < sizeof to / sizeof *to && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(kill), 1, to[i]);
    return failed;
}

int bench_contain(bool forks, struct qk_error *err)
{
    static const struct {
        int call, error;
    } refused[] = {{SCMP_SYS(fork), EAGAIN},
                   {SCMP_SYS(vfork), EAGAIN},
                   {SCMP_SYS(clone), EAGAIN},
                   {SCMP_SYS(clone3), ENOSYS}, /* the C library then asks for clone */
                   {SCMP_SYS(execve), EPERM},
                   {SCMP_SYS(execveat), EPERM},
                   {SCMP_SYS(ptrace), EPERM},
                   {SCMP_SYS(sched_setaffinity), EPERM},
                   {SCMP_SYS(sched_setscheduler), EPERM},
                   {SCMP_SYS(sched_setattr), EPERM},
                   {SCMP_SYS(setpriority), EPERM}};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int failed = filter ? refuse_signals(filter) : -ENOMEM;
    for (size_t i = 0; i < sizeof refused / sizeof *refused && !failed && !forks; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)refused[i].error), refused[i].call, 0);
    if (!failed)
        failed = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return failed ? qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "threads cannot be refused: %s", strerror(-failed))
                  : 0;
}

#else

int bench_contain(bool forks, struct qk_error *err)
{
    (void)forks;
    return qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "threads cannot be refused: built without libseccomp");
}

#endif
