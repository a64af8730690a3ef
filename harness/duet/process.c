/* SPDX-License-Identifier: MIT */
/*
 * Launches as the program sees them: the files they load, their start, their orders and answers, and how
 * they ended.
 */
#include "harness/duet/process.h"

#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 120000, LOOK_MS = 500, ENDING_MS = 100 };

/* Between fork and exec, in the child: file i, where there is one, becomes descriptor BENCH_DUET_FILE + i. */
static void hand_over(const int *file)
{
    int high[BENCH_DUET_FILES];
    for (int i = 0; i < BENCH_DUET_FILES; i++)
        high[i] = file[i] < 0 ? -1 : fcntl(file[i], F_DUPFD_CLOEXEC, BENCH_DUET_FILE + BENCH_DUET_FILES);
    for (int i = 0; i < BENCH_DUET_FILES; i++)
        if (high[i] >= 0)
            dup2(high[i], BENCH_DUET_FILE + i);
}

static void become_launch(const struct bench_launcher *launcher, int fd, const int *file, pid_t parent)
{
    const struct rlimit no_core = {0, 0};
    struct bench_duet_answer answer;
    char *const argv[] = {(char *)(uintptr_t)launcher->program, (char *)(uintptr_t)launcher->argument, NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    /*
     * A terminal's ^C is for the program, which ends its launches itself; what a launch sends to its group is
     * not.
     */
    setpgid(0, 0);
    signal(SIGINT, SIG_IGN);
    setrlimit(RLIMIT_CORE, &no_core);
    /* Another address layout with every launch, also under a debugger or setarch -R. */
    const int persona = personality(0xffffffff);
    if (persona >= 0 && (persona & ADDR_NO_RANDOMIZE))
        personality((unsigned long)(persona & ~ADDR_NO_RANDOMIZE));
    /* dup2 onto itself would keep close-on-exec, should the socket be 0 or 1. */
    fd = fcntl(fd, F_DUPFD_CLOEXEC, BENCH_DUET_FILE + BENCH_DUET_FILES);
    hand_over(file);
    if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
        execv(launcher->program, argv);
    memset(&answer, 0, sizeof answer);
    answer.side = -1;
    answer.code = qk_fail(&answer.error, QK_ERR_INTERNAL, launcher->program, "cannot run '%s': %s",
                          launcher->program, strerror(errno));
    bench_duet_send(fd, BENCH_DUET_DONE, &answer, sizeof answer);
    _exit(127);
}

static int start(struct bench_duet_process *p, const int *file, struct qk_error *err)
{
    int ends[2];
    const pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "no launch: no socket: %s", strerror(errno));
    p->pid = fork();
    const int error = errno;
    if (p->pid == 0)
        become_launch(p->launcher, ends[1], file, parent);
    close(ends[1]);
    p->fd = ends[0];
    p->ended = p->pid > 0 ? pidfd_open(p->pid, 0) : -1;
    return p->pid < 0 ? qk_fail(err, QK_ERR_INTERNAL, NULL, "no launch: no process: %s", strerror(error)) : 0;
}

int bench_duet_process_start(struct bench_duet_process *p, const struct bench_launcher *launcher,
                             const struct bench_job *job, const struct bench_image *const *image,
                             struct qk_error *err)
{
    int file[BENCH_DUET_FILES], code = 0;
    *p = (struct bench_duet_process){
        .pid = -1, .fd = -1, .ended = -1, .launcher = launcher, .stop = job->stop};
    for (int i = 0; i < BENCH_DUET_FILES; i++)
        file[i] = -1;
    for (int i = 0; i < BENCH_SIDES && !code; i++)
        if (image[i])
            code = bench_image_copy(image[i], bench_side_names[i], file + i * BENCH_IMAGE_PARTS, err);
    if (!code)
        code = start(p, file, err);
    for (int i = 0; i < BENCH_DUET_FILES; i++)
        if (file[i] >= 0)
            close(file[i]);
    return code;
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) /* the caller has arranged that somebody else reaps it */
            return 0;
    return status;
}

/* Ends it without waiting for what it does, which may be never to return. */
static int end_now(struct bench_duet_process *p)
{
    kill(p->pid, SIGKILL);
    const int status = reap(p->pid);
    p->pid = -1;
    return status;
}

void bench_duet_process_end(struct bench_duet_process *p)
{
    if (p->fd >= 0)
        close(p->fd);
    if (p->ended >= 0)
        close(p->ended);
    if (p->pid > 0)
        end_now(p);
    p->pid = p->fd = p->ended = -1;
}

static int died(struct bench_duet_process *p, const char *how, struct qk_error *err)
{
    return qk_fail(err, BENCH_DUET_DIED, NULL, "the launch %s%s%s", how,
                   *p->doing ? ", last heard of when " : "", p->doing);
}

/* Has it ended by itself, or is it about to? */
static bool ends(pid_t pid)
{
    siginfo_t info;
    for (int i = 0; i < ENDING_MS; i++) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid)
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

/* It is not there any more, or is no launch: waits for its end and says how it came. */
static int explain_end(struct bench_duet_process *p, bool spoke, struct qk_error *err)
{
    char how[BENCH_PROCESS_HOW];
    const bool ended = ends(p->pid);
    const int status = end_now(p);
    if (spoke)
        snprintf(how, sizeof how, "answered with what is no answer of version %d", BENCH_DUET_VERSION);
    else if (!ended)
        snprintf(how, sizeof how, "closed its connection and was ended");
    else
        bench_process_how(status, how);
    return died(p, how, err);
}

/* How long an answer that is asked for now is waited for. */
static uint64_t patience_ns(const struct bench_launcher *l, uint64_t now)
{
    const uint64_t most = (uint64_t)(l->patience_ms ? l->patience_ms : PATIENCE_MS) * 1000000;
    if (!l->until_ns)
        return most;
    const uint64_t last = l->until_ns + (uint64_t)BENCH_LAUNCH_GRACE_MS * 1000000;
    const uint64_t left = last > now ? last - now : 0;
    return left < most ? left : most;
}

/* Waits for a packet; a signal that sets what stop() reads also ends the poll. */
static int wait_for_packet(struct bench_duet_process *p, uint64_t begun, struct qk_error *err)
{
    const uint64_t patience = patience_ns(p->launcher, begun);
    /*
     * A child that a module left behind may hold the other end open, so the launch's own end is waited for as
     * well.
     */
    struct pollfd end[] = {{.fd = p->fd, .events = POLLIN}, {.fd = p->ended, .events = POLLIN}};
    for (;;) {
        if (p->stop && p->stop()) {
            end_now(p);
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
        }
        const uint64_t now = bench_clock_ns();
        if (now >= begun + patience) {
            char how[100];
            end_now(p);
            snprintf(how, sizeof how, "gave no answer for %llu ms and was ended",
                     (unsigned long long)(patience / 1000000));
            return died(p, how, err);
        }
        const uint64_t left = (begun + patience - now) / 1000000 + 1;
        if (poll(end, 2, left < LOOK_MS ? (int)left : LOOK_MS) > 0)
            return end[0].revents ? 0 : explain_end(p, false, err);
    }
}

int bench_duet_process_ask(struct bench_duet_process *p, enum bench_duet_message message,
                           struct bench_duet_order *order, struct bench_duet_answer *answer,
                           struct qk_error *err)
{
    const uint64_t begun = bench_clock_ns();
    p->doing[0] = '\0';
    /* When it cannot be sent nobody is there, which the answer that does not come tells with more detail. */
    bench_duet_send(p->fd, message, order, sizeof *order);
    for (;;) {
        const int code = wait_for_packet(p, begun, err);
        if (code)
            return code;
        const int got = bench_duet_receive(p->fd, answer, sizeof *answer);
        if (got <= 0)
            return explain_end(p, got < 0, err);
        if (answer->head.message == BENCH_DUET_NOTE) {
            snprintf(p->doing, sizeof p->doing, "%.199s", answer->error.text);
            continue;
        }
        return answer->code ? qk_fail(err, answer->code, answer->error.where, "%s", answer->error.text) : 0;
    }
}
