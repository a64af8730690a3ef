/* SPDX-License-Identifier: MIT */
/*
 * A launch of a save, from inside and from outside. It writes its result to memory that both share, not to a
 * file.
 */
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/machine/child.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* How far a launch is; so short that a pipe takes it whole. */
struct told {
    double done;
    char what[120];
};

struct inside {
    struct cli_measure_options measure;
    uint64_t budget_ms;
    int tell; /* the pipe to tell it by */
};

static void tell(void *ctx, double done, const char *what)
{
    const struct inside *o = ctx;
    struct told told = {.done = done};
    snprintf(told.what, sizeof told.what, "%s", what);
    const ssize_t unheard = write(o->tell, &told, sizeof told);
    (void)unheard;
}

static int measure(void *options, struct qk_error *err)
{
    struct inside *o = options;
    struct bench_sample_set set;
    bool failed = false; /* which the record says, too */
    bench_sample_set_init(&set);
    o->measure.what.job.budget_s = (double)o->budget_ms * 1e-3;
    o->measure.what.job.progress = tell;
    o->measure.what.job.ctx = o;
    int code = cli_measure_run(&o->measure.what, o->measure.counters, &set, &failed, err);
    if (!code)
        code = bench_sample_set_write_json(&set, stdout, err);
    bench_sample_set_free(&set);
    return code;
}

int cli_baseline_launch(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_PATTERNS,
        CLI_OPTION_QUICK("As of save"),
        CLI_OPTION_COUNTERS("As of run"),
        CLI_OPTION_CPU("Pin to"),
        CLI_OPTION_SEED("order and inputs"),
        {"budget", 'b', "MS", CLI_UINT64(inside, budget_ms, 1, UINT64_C(1000) * CLI_BUDGET_MAX_S),
         "Milliseconds of timing", 0},
        {"tell", 't', "FD", CLI_INT(inside, tell, 0, 1 << 20), "Say there how far it is", 0},
        {0}};
    static const struct cli_usage usage = {options, NULL, "[PATTERN...]", "Started by baseline save."};
    struct inside o = {.measure = cli_measure_defaults(), .tell = -1};
    return cli_main(&usage, argc, argv, &o, measure);
}

static int judge_end(int status, const char *name, struct qk_error *err)
{
    static const int codes[] = {[CLI_DONE] = 0,
                                [CLI_FAILED] = QK_ERR_IO,
                                [CLI_USAGE] = QK_ERR_ARG,
                                [CLI_WRONG] = QK_ERR_CHECK,
                                [CLI_INVALID] = QK_ERR_INVALID};
    if (cli_stop() || (WIFEXITED(status) && WEXITSTATUS(status) == CLI_INTERRUPTED))
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted in %s", name);
    if (WIFSIGNALED(status))
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "%s died of signal %d", name, WTERMSIG(status));
    const int exit_code = WEXITSTATUS(status);
    const bool known = (size_t)exit_code < sizeof codes / sizeof *codes && (!exit_code || codes[exit_code]);
    const int code = known                          ? codes[exit_code]
                     : exit_code == CLI_UNAVAILABLE ? QK_ERR_UNAVAILABLE
                                                    : QK_ERR_INTERNAL;
    return code ? qk_fail(err, code, NULL, "%s ended with exit code %d, see above", name, exit_code) : 0;
}

/* Passes on what it tells until it has ended. When we are told to stop, it is told too. */
static int attend(pid_t child, int told_fd, const struct cli_launch *l, struct qk_error *err)
{
    enum { LOOK_MS = 250 }; /* for its end, and for a signal that comes just before poll */
    int status = 0;
    bool stopped = false;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        struct pollfd from = {.fd = told_fd, .events = POLLIN};
        struct told told;
        if (cli_stop() && !stopped)
            stopped = !kill(child, SIGTERM);
        if (poll(&from, 1, LOOK_MS) <= 0)
            continue;
        if (read(told_fd, &told, sizeof told) == (ssize_t)sizeof told)
            l->progress(l->ctx, told.done, told.what);
        else
            poll(NULL, 0, LOOK_MS / 10); /* it has closed the pipe and is about to end */
    }
    return ended == child
               ? judge_end(status, l->name, err)
               : qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot wait for %s: %s", l->name, strerror(errno));
}

static int start(pid_t *child, const struct cli_launch *l, int result, int tell_fd, struct qk_error *err)
{
    const struct bench_job *job = &l->measure->job;
    char seed[32], cpu[16], budget[32], fd[16], *argv[24 + 1] = {0};
    int n = 0;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)(l->seed & CLI_SEED_MAX));
    snprintf(cpu, sizeof cpu, "%d", job->cpu);
    snprintf(budget, sizeof budget, "%.0f", fmax(1, l->budget_s * 1e3));
    snprintf(fd, sizeof fd, "%d", tell_fd);
    const char *const words[] = {"qkbench",
                                 CLI_BASELINE_LAUNCH,
                                 "--budget",
                                 budget,
                                 "--counters",
                                 l->counters,
                                 "--seed",
                                 seed,
                                 "--tell",
                                 fd,
                                 job->quick ? "--quick" : NULL,
                                 job->cpu >= 0 ? "--cpu" : NULL,
                                 job->cpu >= 0 ? cpu : NULL,
                                 "--",
                                 l->measure->count ? l->measure->patterns[0] : NULL};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i])
            argv[n++] = (char *)(uintptr_t)words[i];
    const int failed =
        bench_child_start(child, "/proc/self/exe", argv, environ, (const int[]){-1, result, STDERR_FILENO});
    return failed
               ? qk_fail(err, QK_ERR_IO, "/proc/self/exe", "cannot start %s: %s", l->name, strerror(failed))
               : 0;
}

int cli_launch_run(const struct cli_launch *l, struct bench_sample_set *set, struct qk_error *err)
{
    char path[64];
    int ends[2] = {-1, -1};
    pid_t child;
    const int result = memfd_create("launch", MFD_CLOEXEC);
    if (result < 0 || pipe2(ends, O_CLOEXEC) || fcntl(ends[1], F_SETFD, 0)) {
        const int why = errno;
        for (int i = 0; i < 2; i++)
            if (ends[i] >= 0)
                close(ends[i]);
        if (result >= 0)
            close(result);
        return qk_fail(err, QK_ERR_IO, NULL, "no descriptors for %s: %s", l->name, strerror(why));
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", result);
    int code = start(&child, l, result, ends[1], err);
    close(ends[1]);
    if (!code)
        code = attend(child, ends[0], l, err);
    close(ends[0]);
    if (!code)
        code = bench_sample_set_read_json(set, path, err);
    close(result);
    return code;
}
