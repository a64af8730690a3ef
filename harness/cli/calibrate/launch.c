/* SPDX-License-Identifier: MIT */
#include "harness/cli/calibrate/calibrate.h"
#include "harness/cli/cli.h"
#include "harness/machine/child.h"
#include "reports/forms/verdicts.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WORDS = 32, WORD = 40 };

struct line { /* without the patterns */
    char *words[WORDS];
    char made[WORDS][WORD]; /* numbers as text */
    size_t count;
};

static void add(struct line *l, const char *word)
{
    l->words[l->count++] = (char *)word;
}

static void add_number(struct line *l, const char *option, double x)
{
    add(l, option);
    snprintf(l->made[l->count], WORD, "%.0f", x);
    add(l, l->made[l->count]);
}

static void add_text(struct line *l, const char *option, const char *text)
{
    if (!text)
        return;
    add(l, option);
    add(l, text);
}

static void fill(struct line *l, const struct cli_calibrate *o, const struct baseline_campaign_run *run)
{
    const char *const candidates[BASELINE_ARMS] = {
        [BASELINE_ARM_REBUILT] = o->rebuilt, [BASELINE_ARM_STAGE] = o->slower};
    add(l, "qkbench");
    add(l, "gate");
    const char *const base = o->e2e ? o->e2e : o->module;
    if (!o->e2e)
        add(l, "--time-identical");
    add(l, "--wait");
    add_text(l, o->e2e ? "--e2e" : "--duet", base);
    add_text(l, "--candidate", candidates[run->arm] ? candidates[run->arm] : base);
    add_text(l, "--suite", o->suite);
    add_text(l, "--policy", o->policy);
    add_text(l, "--lock-dir", o->lock_dir);
    add_text(l, "--out", "-");
    add_number(l, "--cpu", o->measure.job.cpu);
    add_number(l, "--seed", (double)run->seed);
    if (o->budget)
        add_number(l, "--budget", (double)o->budget);
    if (run->asked > 0)
        add_number(l, "--inject", round(run->asked * 1e5));
    add(l, "--");
}

/* Until it has ended. */
static int attend(pid_t child, int *status, void (*tell)(void *), void *ctx, struct qk_error *err)
{
    enum { LOOK_MS = 200 };
    bool stopped = false;
    pid_t ended;
    while ((ended = waitpid(child, status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (cli_stop() && !stopped)
            stopped = !kill(child, SIGTERM);
        poll(NULL, 0, LOOK_MS);
        tell(ctx);
    }
    return ended == child
               ? 0
               : qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot wait for a gate: %s", strerror(errno));
}

/* A gate that ended before it could judge says why. Whoever interrupted it meant us. */
static int judge_end(int status, const struct baseline_report *r, struct qk_error *err)
{
    const int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (cli_stop() || exit_code == CLI_INTERRUPTED)
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted; this run does not count");
    if (exit_code < 0)
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "a gate died of signal %d", WTERMSIG(status));
    if (r->ended)
        return qk_fail(err,
                       r->ended == CLI_USAGE         ? QK_ERR_ARG
                       : r->ended == CLI_UNAVAILABLE ? QK_ERR_UNAVAILABLE
                                                     : QK_ERR_IO,
                       "a gate", "%.350s", r->reason);
    return 0;
}

static int read_report(int fd, struct baseline_report *r, struct qk_error *err)
{
    char path[40];
    int code = 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    json_t *const json = bench_json_load(path, &code, err);
    if (!code)
        code = report_verdicts_take_json(r, json, "a gate's report", err);
    json_decref(json);
    return code;
}

int cli_calibrate_launch(const struct cli_calibrate *o, struct baseline_campaign_run *run,
                         void (*tell)(void *), void *ctx, struct qk_error *err)
{
    struct line line = {.count = 0};
    struct baseline_report report = {0};
    pid_t child;
    int status = 0;
    const int out = memfd_create("gate", MFD_CLOEXEC);
    if (out < 0)
        return qk_fail(err, QK_ERR_IO, NULL, "no memory for a gate's report: %s", strerror(errno));
    fill(&line, o, run);
    char **const words = calloc(line.count + o->measure.count + 1, sizeof *words);
    if (words) {
        memcpy(words, line.words, line.count * sizeof *words);
        for (size_t i = 0; i < o->measure.count; i++)
            words[line.count + i] = o->measure.patterns[i];
    }
    const int number =
        words ? bench_child_start(&child, "/proc/self/exe", words, environ, (const int[]){-1, out, -1})
              : ENOMEM;
    free(words);
    int code = number ? qk_fail(err, QK_ERR_INTERNAL, NULL, "a gate cannot be started: %s", strerror(number))
                      : attend(child, &status, tell, ctx, err);
    if (!code && (cli_stop() || !WIFEXITED(status)))
        code = judge_end(status, &report, err);
    if (!code)
        code = read_report(out, &report, err);
    if (!code)
        code = judge_end(status, &report, err);
    if (!code)
        code = baseline_campaign_make(run, &report, &o->margins, err);
    baseline_report_free(&report);
    close(out);
    return code;
}
