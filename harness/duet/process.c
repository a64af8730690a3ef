/* SPDX-License-Identifier: MIT */
/* Launches as the program sees them: the files they load, their start, orders and answers, and how they ended. */
#include "harness/duet/process.h"

#include "harness/machine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 120000, LOOK_MS = 500 };

static int copy_file(const char *from, const char *to, struct qk_error *err)
{
    FILE *in = fopen(from, "rbe"), *out = NULL;
    char part[16384];
    struct stat st;
    size_t n;
    int code = 0;
    if (!in || fstat(fileno(in), &st))
        code = qk_fail(err, QK_ERR_IO, from, "cannot open the kernel module '%s': %s", from, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        code = qk_fail(err, QK_ERR_IO, from, "'%s' is no kernel module: it is not a regular file", from);
    else if (!(out = fopen(to, "wbxe")))
        code =
            qk_fail(err, QK_ERR_IO, to, "cannot make a copy of '%s' as '%s': %s", from, to, strerror(errno));
    while (!code && (n = fread(part, 1, sizeof part, in)) > 0)
        if (fwrite(part, 1, n, out) != n)
            code = qk_fail(err, QK_ERR_IO, to, "cannot write a copy of '%s' to '%s': %s", from, to,
                           strerror(errno));
    if (!code && ferror(in))
        code = qk_fail(err, QK_ERR_IO, from, "cannot read '%s': %s", from, strerror(errno));
    if (in)
        fclose(in);
    if (out && fclose(out) && !code)
        code =
            qk_fail(err, QK_ERR_IO, to, "cannot write a copy of '%s' to '%s': %s", from, to, strerror(errno));
    return code;
}

int bench_duet_copies_make(struct bench_duet_copies *c, const char *const *path, const bool *needed,
                           struct qk_error *err)
{
    const char *set = getenv("TMPDIR"), *below = set && *set ? set : "/tmp";
    memset(c, 0, sizeof *c);
    const int n = snprintf(c->folder, sizeof c->folder, "%s/qkbench-duet-XXXXXX", below);
    if (n < 0 || (size_t)n >= sizeof c->folder || !mkdtemp(c->folder)) {
        c->folder[0] = '\0';
        return qk_fail(err, QK_ERR_IO, below,
                       "cannot make a folder for copies of the modules in '%.300s': %s", below,
                       strerror(errno));
    }
    int code = 0;
    for (int side = 0; side < BENCH_SIDES && !code; side++) {
        if (!needed[side])
            continue;
        snprintf(c->path[side], sizeof c->path[side], "%s/%s.so", c->folder, bench_side_names[side]);
        code = copy_file(path[side], c->path[side], err);
    }
    return code;
}

static void name_next(const struct bench_duet_copies *c, int side, char to[1200])
{
    snprintf(to, 1200, "%s.next", c->path[side]);
}

int bench_duet_copies_renew(const struct bench_duet_copies *c, struct qk_error *err)
{
    char next[1200];
    int code = 0;
    for (int side = 0; side < BENCH_SIDES && !code; side++) {
        if (!*c->path[side])
            continue;
        name_next(c, side, next);
        code = copy_file(c->path[side], next, err);
        if (!code && rename(next, c->path[side]))
            code = qk_fail(err, QK_ERR_IO, next, "cannot rename the copy '%s': %s", next, strerror(errno));
    }
    return code;
}

void bench_duet_copies_remove(struct bench_duet_copies *c)
{
    char next[1200];
    for (int side = 0; side < BENCH_SIDES; side++)
        if (*c->path[side]) {
            name_next(c, side, next);
            unlink(next);
            unlink(c->path[side]);
        }
    if (*c->folder)
        rmdir(c->folder);
    memset(c, 0, sizeof *c);
}

/* Between fork and exec, in the child. */
static void become_launch(const struct bench_duet_config *cfg, int fd, pid_t parent)
{
    const struct rlimit no_core = {0, 0};
    struct bench_duet_answer answer;
    char *const argv[] = {(char *)(uintptr_t)cfg->program, (char *)(uintptr_t)cfg->launch_argument, NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    /* A terminal's ^C is for the program: it ends its launches itself. */
    signal(SIGINT, SIG_IGN);
    setrlimit(RLIMIT_CORE, &no_core);
    /* Another address layout with every launch, also under a debugger or setarch -R. */
    const int persona = personality(0xffffffff);
    if (persona >= 0 && (persona & ADDR_NO_RANDOMIZE))
        personality((unsigned long)(persona & ~ADDR_NO_RANDOMIZE));
    /* dup2 onto itself would keep close-on-exec, should the socket be 0 or 1. */
    fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
        execv(cfg->program, argv);
    memset(&answer, 0, sizeof answer);
    answer.side = -1;
    answer.code = qk_fail(&answer.error, QK_ERR_INTERNAL, cfg->program, "cannot run '%s': %s", cfg->program,
                          strerror(errno));
    bench_duet_send(fd, BENCH_DUET_DONE, &answer, sizeof answer);
    _exit(127);
}

int bench_duet_process_start(struct bench_duet_process *p, const struct bench_duet_config *cfg,
                             struct qk_error *err)
{
    int ends[2];
    const pid_t parent = getpid();
    *p = (struct bench_duet_process){.pid = -1,
                                     .fd = -1,
                                     .patience_ms = cfg->patience_ms ? cfg->patience_ms : PATIENCE_MS,
                                     .stop = cfg->job.stop};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "no launch: no socket: %s", strerror(errno));
    p->pid = fork();
    const int error = errno;
    if (p->pid == 0)
        become_launch(cfg, ends[1], parent);
    close(ends[1]);
    p->fd = ends[0];
    return p->pid < 0 ? qk_fail(err, QK_ERR_INTERNAL, NULL, "no launch: no process: %s", strerror(error)) : 0;
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) /* the caller has arranged that somebody else reaps it */
            return 0;
    return status;
}

void bench_duet_process_end(struct bench_duet_process *p)
{
    if (p->fd >= 0)
        close(p->fd); /* which ends a launch that waits for an order */
    if (p->pid > 0)
        reap(p->pid);
    p->pid = p->fd = -1;
}

static int died(struct bench_duet_process *p, const char *how, struct qk_error *err)
{
    return qk_fail(err, BENCH_DUET_DIED, NULL, "the process that measures %s%s%s", how,
                   *p->doing ? ", last heard of when " : "", p->doing);
}

/* It is not there any more, or is no launch: waits for its end and says how it came. */
static int explain_end(struct bench_duet_process *p, bool spoke, struct qk_error *err)
{
    char how[160];
    kill(p->pid, SIGKILL); /* changes nothing for one that is about to end */
    const int status = reap(p->pid);
    p->pid = -1;
    if (spoke)
        snprintf(how, sizeof how, "answered with what is no answer of version %d", BENCH_DUET_VERSION);
    else if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "died of SIG%s (%s)%s", sigabbrev_np(WTERMSIG(status)),
                 strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGKILL ? ", for want of memory?" : "");
    else
        snprintf(how, sizeof how, "ended with exit code %d before it answered", WEXITSTATUS(status));
    return died(p, how, err);
}

static void end_now(struct bench_duet_process *p)
{
    kill(p->pid, SIGKILL);
    reap(p->pid);
    p->pid = -1;
}

/* Waits for a packet; a signal that sets what stop() reads also ends the poll. */
static int wait_for_packet(struct bench_duet_process *p, struct qk_error *err)
{
    const uint64_t until = bench_clock_ns() + (uint64_t)p->patience_ms * 1000000;
    struct pollfd end = {.fd = p->fd, .events = POLLIN};
    for (;;) {
        if (p->stop && p->stop()) {
            end_now(p);
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
        }
        const uint64_t now = bench_clock_ns();
        if (now >= until) {
            char how[100];
            end_now(p);
            snprintf(how, sizeof how, "gave no answer for %u ms and was ended", p->patience_ms);
            return died(p, how, err);
        }
        const uint64_t left = (until - now) / 1000000 + 1;
        if (poll(&end, 1, left < LOOK_MS ? (int)left : LOOK_MS) > 0)
            return 0;
    }
}

int bench_duet_process_ask(struct bench_duet_process *p, enum bench_duet_message message,
                           struct bench_duet_order *order, struct bench_duet_answer *answer,
                           struct qk_error *err)
{
    p->doing[0] = '\0';
    /* When it cannot be sent nobody is there, which the answer that does not come tells with more detail. */
    bench_duet_send(p->fd, message, order, sizeof *order);
    for (;;) {
        const int code = wait_for_packet(p, err);
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
