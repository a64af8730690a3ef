/* SPDX-License-Identifier: MIT */
#include "harness/e2e/served.h"

#include "harness/e2e/serve.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATIENCE_MS = 120000, LOOK_MS = 500, ENDING_MS = 200, USAGE = 2, LINE = 256 };

static int wrong(const struct bench_served *s, const char *what, struct qk_error *err)
{
    char words[256];
    return qk_fail(err, QK_ERR_CHECK, NULL, "the %s program %s%s", s->called, what,
                   s->said < 0 ? "" : bench_last_words(s->said, words, sizeof words));
}

int bench_served_start(struct bench_served *s, const struct bench_served_config *cfg,
                       const struct bench_job *job, const char *called, struct qk_error *err)
{
    int ends[2] = {-1, -1};
    char threads[24], what[LINE];
    char *argv[] = {(char[]){"qkbench"},
                    (char[]){"model"},
                    (char[]){"serve"},
                    (char[]){"--fd"},
                    (char[]){"0"},
                    (char[]){"--threads"},
                    threads,
                    (char *)(uintptr_t)cfg->model,
                    NULL};
    *s = (struct bench_served){.called = called, .pid = -1, .fd = -1, .ended = -1, .stop = job->stop};
    s->patience_ms = cfg->patience_ms ? cfg->patience_ms : PATIENCE_MS;
    s->said = memfd_create("said", MFD_CLOEXEC);
    snprintf(threads, sizeof threads, "%zu", cfg->threads);
    if (s->said < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "the %s program gets no socket: %s", called,
                       strerror(errno));
    s->fd = ends[0];
    const int number =
        bench_child_start(&s->pid, cfg->program, argv, environ, (int[]){ends[1], s->said, s->said});
    close(ends[1]);
    if (number) {
        s->pid = -1;
        snprintf(what, sizeof what, "cannot be run: %s", strerror(number));
        return wrong(s, what, err);
    }
    s->ended = pidfd_open(s->pid, 0);
    if (s->ended < 0 || clock_getcpuclockid(s->pid, &s->cpu))
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "the %s program cannot be watched", called);
    return 0;
}

/* It is not there any more, or is to go: waits for its end and says how it came. */
static int explain_end(struct bench_served *s, const char *spoke, struct qk_error *err)
{
    char how[BENCH_PROCESS_HOW];
    int status = 0;
    struct pollfd end = {.fd = s->ended, .events = POLLIN};
    const bool ended = !spoke && poll(&end, 1, ENDING_MS) > 0;
    kill(s->pid, SIGKILL);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    s->pid = -1;
    if (s->stop && s->stop()) /* the terminal's Ctrl-C is for it too */
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
    bench_process_how(status, how);
    if (ended && !s->ready && WIFEXITED(status) && WEXITSTATUS(status) == USAGE)
        return wrong(s, "has no command model serve, or not one that takes these options", err);
    return wrong(s, spoke ? spoke : ended ? how : "closed its connection and was ended", err);
}

/* Waits for more of its line; a signal that sets what stop() reads also ends the poll. */
static int wait_for_more(struct bench_served *s, uint64_t begun, struct qk_error *err)
{
    struct pollfd end[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->ended, .events = POLLIN}};
    for (;;) {
        const double waited_ms = bench_clock_since(begun) * 1e-6;
        if (s->stop && s->stop())
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
        if (waited_ms >= s->patience_ms) {
            char what[LINE];
            snprintf(what, sizeof what, "gave no answer for %u ms and was ended", s->patience_ms);
            return explain_end(s, what, err);
        }
        const double left = s->patience_ms - waited_ms + 1;
        if (poll(end, 2, left < LOOK_MS ? (int)left : LOOK_MS) > 0)
            return end[0].revents ? 0 : explain_end(s, NULL, err);
    }
}

/* A whole line of at most s->room bytes into s->text, without its end. */
static int listen_to(struct bench_served *s, struct qk_error *err)
{
    const uint64_t begun = bench_clock_ns();
    char what[LINE];
    for (size_t got = 0;;) {
        int code = 0;
        const ssize_t n = recv(s->fd, s->text + got, s->room - got, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return explain_end(s, NULL, err);
        if (n < 0)
            code = wait_for_more(s, begun, err);
        if (code)
            return code;
        got += n > 0 ? (size_t)n : 0;
        const char *const end = n > 0 ? memchr(s->text + got - n, '\n', (size_t)n) : NULL;
        if (end && end == s->text + got - 1) {
            s->text[got - 1] = '\0';
            return 0;
        }
        if (end || got == s->room) {
            snprintf(what, sizeof what, "said more than one line of at most %zu bytes", s->room);
            return explain_end(s, what, err);
        }
    }
}

static bool make_room(struct bench_served *s, size_t room, struct qk_error *err)
{
    char *const more = room > s->room ? realloc(s->text, room) : s->text;
    if (!more) {
        qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a line of %zu bytes", room);
        return false;
    }
    s->text = more;
    s->room = room > s->room ? room : s->room;
    return true;
}

/* It does not speak as it should. */
static int nonsense(struct bench_served *s, const char *expected, struct qk_error *err)
{
    char what[LINE];
    snprintf(what, sizeof what, "said '%.80s%s', expected %s", s->text, strlen(s->text) > 80 ? "..." : "",
             expected);
    return explain_end(s, what, err);
}

int bench_served_wait(struct bench_served *s, struct qk_error *err)
{
    static const char begin[] = "serves", middle[] = " vocab";
    uint64_t version, vocab;
    if (!make_room(s, LINE, err))
        return QK_ERR_MEMORY;
    const int code = listen_to(s, err);
    const char *at = s->text + strlen(begin);
    if (code)
        return code;
    const bool right = !strncmp(s->text, begin, strlen(begin)) &&
                       bench_serve_number(&at, INT32_MAX, &version) && version == BENCH_SERVE_VERSION &&
                       !strncmp(at, middle, strlen(middle)) &&
                       (at += strlen(middle), bench_serve_number(&at, INT32_MAX, &vocab)) && !*at && vocab;
    if (!right)
        return nonsense(s, "'serves 1 vocab V'", err);
    s->vocab = (size_t)vocab;
    s->ready = true;
    return 0;
}

int bench_served_step(struct bench_served *s, size_t tokens, int32_t first, int32_t *ids, double *ns,
                      double *said_ns, struct qk_error *err)
{
    static const char begin[] = "ns", middle[] = " ids";
    char order[BENCH_SERVE_ORDER], expected[80];
    uint64_t said, id = 0;
    if (!make_room(s, 64 + tokens * sizeof " 2147483647", err))
        return QK_ERR_MEMORY;
    const int length = snprintf(order, sizeof order, "step %zu %d\n", tokens, (int)first);
    const uint64_t start = bench_clock_ns();
    /* When it cannot be sent nobody is there, which the answer that does not come tells with more detail. */
    const ssize_t sent = send(s->fd, order, (size_t)length, MSG_NOSIGNAL);
    (void)sent;
    const int code = listen_to(s, err);
    *ns = bench_clock_since(start);
    if (code)
        return code;
    const char *at = s->text + strlen(begin);
    bool right = !strncmp(s->text, begin, strlen(begin)) && bench_serve_number(&at, UINT64_MAX / 16, &said) &&
                 !strncmp(at, middle, strlen(middle));
    at += right ? strlen(middle) : 0;
    for (size_t i = 0; i < tokens && right; i++) {
        right = bench_serve_number(&at, s->vocab - 1, &id);
        ids[i] = (int32_t)id;
    }
    if (!right || *at) {
        snprintf(expected, sizeof expected, "'ns T ids A B ...' with %zu tokens below %zu", tokens, s->vocab);
        return nonsense(s, expected, err);
    }
    *said_ns = (double)said;
    return 0;
}

double bench_served_cpu_ns(const struct bench_served *s)
{
    struct timespec t;
    return clock_gettime(s->cpu, &t) ? NAN : (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void bench_served_end(struct bench_served *s)
{
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    const int fds[] = {s->fd, s->ended, s->said};
    for (size_t i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(s->text);
    *s = (struct bench_served){.pid = -1, .fd = -1, .ended = -1, .said = -1};
}
