/* SPDX-License-Identifier: MIT */
#include "harness/counters/step.h"

#include "harness/counters/step_private.h"
#include "harness/engine/buffers.h"
#include "harness/machine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The limits asked for, with defaults in place of zeros. */
static struct bench_step_limits limits_of(const struct bench_step_limits *asked)
{
    struct bench_step_limits limits = {5000000, 60000, false};
    if (asked && asked->instructions)
        limits.instructions = asked->instructions;
    if (asked && asked->milliseconds)
        limits.milliseconds = asked->milliseconds;
    limits.beginning = asked && asked->beginning;
    return limits;
}

static int reap(pid_t pid, int options, int *status)
{
    const int got = waitpid(pid, status, options);
    if (got < 0 && errno != EINTR) { /* the caller has arranged that somebody else reaps it */
        *status = 0;
        return pid;
    }
    return got;
}

/*
 * Waits until the child has closed its end of the pipe, which it does by ending; kills it when time is up.
 * Looks at the child itself now and then, as another thread's child may have inherited that end.
 */
static bool wait_for(pid_t pid, int pipe_end, unsigned milliseconds, int *status)
{
    enum { LOOK_MS = 100 };
    const uint64_t until = bench_clock_ns() + (uint64_t)milliseconds * 1000000;
    struct pollfd end = {.fd = pipe_end, .events = 0};
    for (uint64_t now = bench_clock_ns(); now < until; now = bench_clock_ns()) {
        const uint64_t left = (until - now) / 1000000 + 1;
        if (poll(&end, 1, left < LOOK_MS ? (int)left : LOOK_MS) > 0) {
            while (reap(pid, 0, status) != pid)
                continue;
            return true;
        }
        if (reap(pid, WNOHANG, status) == pid)
            return true;
    }
    kill(pid, SIGKILL);
    while (reap(pid, 0, status) != pid)
        continue;
    return false;
}

static int run_child(const struct bench_step_job *job, unsigned milliseconds, const char *where, int *status,
                     struct qk_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "cannot step: no pipe: %s", strerror(errno));
    const pid_t pid = fork();
    const int error = errno;
    if (pid == 0) {
        bench_step_child(job);
        _exit(0);
    }
    close(ends[1]);
    const bool ended = pid > 0 && wait_for(pid, ends[0], milliseconds, status);
    close(ends[0]);
    if (pid < 0)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "cannot step: no child: %s", strerror(error));
    if (!ended)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where,
                       "not counted: no end within %u ms, after %llu instructions", milliseconds,
                       (unsigned long long)job->trace->instructions);
    return 0;
}

static int explain_fault(const struct bench_step_trace *t, const char *where, struct qk_error *err)
{
    char when[64] = "called once before counting";
    const ptrdiff_t offset = (ptrdiff_t)(t->fault_at - t->entry);
    if (t->fault_state >= STEP_STEPPING)
        snprintf(when, sizeof when, "instruction %llu", (unsigned long long)t->instructions);
    return qk_fail(err, QK_ERR_CHECK, where, "died of signal %d (%s) %td bytes from its start, %s", t->signal,
                   strsignal(t->signal), offset, when);
}

static int judge(const struct bench_step_trace *t, int status, const char *where, struct qk_error *err)
{
    if (t->state == STEP_FAULTED)
        return explain_fault(t, where, err);
    if (t->state == STEP_LIMITED)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "not counted: more than %llu instructions",
                       (unsigned long long)t->limit);
    if (t->state == STEP_SYSTEM_CALL)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where,
                       "not counted: instruction %llu is a system call, after which a trap is lost",
                       (unsigned long long)t->instructions + 1);
    if (t->state == STEP_REFUSED)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "cannot step: the child may not handle SIGTRAP: %s",
                       strerror(t->error));
    if (WIFSIGNALED(status) &&
        (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGHUP))
        return qk_fail(err, QK_ERR_INTERRUPTED, where, "interrupted by %s", strsignal(WTERMSIG(status)));
    if (WIFSIGNALED(status))
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "cannot step: the child was killed by signal %d (%s)",
                       WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (t->state == STEP_RETURNED)
        return 0;
    if (t->state == STEP_STEPPING && !t->traps)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where,
                       "cannot step: no trap arrives with the trap flag set (an emulator or sandbox?)");
    return qk_fail(err, QK_ERR_UNAVAILABLE, where, "cannot step: %llu traps, but the call was %s",
                   (unsigned long long)t->traps,
                   t->state == STEP_INSIDE ? "never left through its return address" : "never seen to begin");
}

static int count(const struct bench_step_job *job, const struct bench_step_limits *limits, const char *where,
                 struct bench_steps *out, struct qk_error *err)
{
    struct bench_step_trace *t = job->trace;
    struct bench_steps found = {.whole = true};
    const size_t places = sizeof t->sites / sizeof *t->sites;
    int status = 0;
    int code = run_child(job, limits->milliseconds, where, &status, err);
    if (!code && limits->beginning && (t->state == STEP_LIMITED || t->state == STEP_SYSTEM_CALL))
        found.whole = false;
    else if (!code)
        code = judge(t, status, where, err);
    if (code)
        return code;
    found.instructions = t->instructions;
    bench_steps_classify(t->sites, places, t->entry, &found);
    bench_steps_called(t->sites, places, t->entry, &found);
    if (t->too_many_sites) {
        found.has_kinds = false;
        memset(found.kinds, 0, sizeof found.kinds);
        snprintf(found.why_no_kinds, sizeof found.why_no_kinds, "more than %d different instructions",
                 (int)BENCH_STEP_SITES);
    }
    *out = found;
    return 0;
}

static int count_at(enum qk_op op, qk_fn *fn, const struct qk_plan *plan, void *const *buffers,
                    const struct bench_step_limits *asked, const char *where, struct bench_steps *out,
                    struct qk_error *err)
{
    const struct bench_step_limits limits = limits_of(asked);
    if (!bench_step_supported())
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "cannot step: written for x86-64 Linux only");
    /* Fresh pages, all zero: STEP_STARTING. */
    struct bench_step_trace *t =
        mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED)
        return qk_fail(err, QK_ERR_MEMORY, where, "cannot map %zu bytes: %s", sizeof *t, strerror(errno));
    uintptr_t entry;
    memcpy(&entry, &fn, sizeof entry);
    t->entry = entry;
    t->limit = limits.instructions;
    const struct bench_step_job job = {qk_op_row(op)->on, fn, plan, buffers, t, getpid()};
    const int code = count(&job, &limits, where, out, err);
    munmap(t, sizeof *t);
    return code;
}

int bench_steps_fn(enum qk_op op, qk_fn *fn, const struct qk_plan *plan, void *const *buffers,
                   const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err)
{
    return count_at(op, fn, plan, buffers, limits, qk_op_row(op)->name, out, err);
}

int bench_steps_smallest_shape(enum qk_op op, struct qk_shape *shape, struct qk_plan *plan,
                               struct qk_error *err)
{
    const struct qk_case *on = qk_op_row(op)->on;
    const char *const lists[] = {on->sets[0].shapes, on->touch_shape};
    bool found = false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char text[QK_SHAPE_TEXT];
        int used;
        for (const char *at = lists[i]; sscanf(at, "%71s%n", text, &used) == 1; at += used) {
            struct qk_shape one;
            struct qk_plan planned;
            int code = qk_shape_parse(text, &one, err);
            if (!code)
                code = on->plan(&one, &planned, err);
            if (code)
                return code;
            if (found && planned.ops >= plan->ops)
                continue;
            *shape = one;
            *plan = planned;
            found = true;
        }
    }
    return found ? 0 : qk_fail(err, QK_ERR_ARG, qk_op_row(op)->name, "the op declares no shape");
}

/* A part of a call, which is all of fn. */
static int count_part(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed, qk_fn *fn,
                      enum qk_part part, const struct bench_step_limits *limits, struct bench_steps *out,
                      struct qk_error *err)
{
    struct bench_group group = {.op = v->op, .shape = *shape};
    struct bench_buffers buffers, view = {.of = NULL};
    char where[128];
    snprintf(where, sizeof where, "%s/%s", v->op_name, v->name);
    if (!v->fn)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "not in this build");
    qk_shape_print(shape, group.name);
    int code = bench_buffers_fill(&buffers, &group, seed, err);
    if (!code)
        code = bench_buffers_view(&view, &buffers, v, err);
    view.plan.part = part;
    if (!code)
        code = count_at(v->op, fn, &view.plan, view.at, limits, where, out, err);
    bench_buffers_view_free(&view);
    bench_buffers_free(&buffers);
    return code;
}

int bench_steps_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                      const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err)
{
    return count_part(v, shape, seed, v->fn, QK_WHOLE, limits, out, err);
}

int bench_steps_prepare(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                        const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err)
{
    return count_part(v, shape, seed, (qk_fn *)v->form->prepare_activations, QK_PREPARE, limits, out, err);
}

int bench_steps_smallest(const struct qk_variant *v, uint64_t seed, struct qk_shape *shape,
                         struct bench_steps *out, struct qk_error *err)
{
    struct qk_shape smallest;
    struct qk_plan plan;
    int code = bench_steps_smallest_shape(v->op, &smallest, &plan, err);
    if (!code)
        code = bench_steps_shape(v, &smallest, seed, NULL, out, err);
    if (!code && shape)
        *shape = smallest;
    return code;
}
