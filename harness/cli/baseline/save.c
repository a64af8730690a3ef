/* SPDX-License-Identifier: MIT */
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/cli.h"
#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The shares of the budget for the breakdown, and for reading and writing. */
static const double breakdown_share = 0.12, spare_share = 0.03;

/* The parts of a save as one: what this part is of the whole, and its name. */
struct phase {
    double from, to;
    char name[64];
};

static void show(void *ctx, double done, const char *what)
{
    const struct phase *p = ctx;
    char text[160];
    snprintf(text, sizeof text, "%s: %s", p->name, what);
    cli_progress(NULL, p->from + done * (p->to - p->from), text);
}

/* A terminal has the line of progress; a log file gets a line for each part. */
static void begin(const struct phase *p)
{
    if (!isatty(STDERR_FILENO))
        cli_say("%s", p->name);
    cli_progress(NULL, p->from, p->name);
}

/* A budget must not grow by an hour because the clock goes back by one. */
static double now_s(void)
{
    static double last, back;
    const double now = (double)bench_clock_ns() * 1e-9;
    back += fmax(0, last - now);
    last = now;
    return now + back;
}

int cli_baseline_breakdown(struct cli_measure *m, struct bench_breakdown *bd, bool *made, char *why,
                           size_t size, struct qk_error *err)
{
    const int code = cli_measure_breakdown(m, "none", bd, err);
    *made = !code;
    if (code != QK_ERR_ARG && code != QK_ERR_UNAVAILABLE && code != QK_ERR_INVALID)
        return code;
    snprintf(why, size, "%s", err->text);
    return 0;
}

/*
 * Each launch gets an equal part of the time that is left, less what the one before took beyond its part:
 * counting comes after the budget. The first and the last launch count instructions, which must not depend on
 * the launch.
 */
static int launch_all(struct cli_measure *m, struct bench_sample_set *sets, size_t *done, size_t count,
                      double end_s, struct qk_error *err)
{
    const double share = (1 - breakdown_share) / (double)count;
    double beyond = 0;
    int code = 0;
    for (*done = 0; *done < count && !code; *done += !code) {
        const double start = now_s(), part = (end_s - start) / (double)(count - *done);
        struct phase phase = {.from = share * (double)*done, .to = share * (double)(*done + 1)};
        snprintf(phase.name, sizeof phase.name, "launch %zu of %zu", *done + 1, count);
        const struct cli_launch launch = {
            .measure = m,
            .name = phase.name,
            .counters = !*done || *done + 1 == count ? "auto,steps" : "auto",
            .seed = m->job.seed + *done + 1,
            .budget_s = part - beyond,
            .progress = show,
            .ctx = &phase,
        };
        begin(&phase);
        code = cli_launch_run(&launch, &sets[*done], err);
        beyond = fmax(0, now_s() - start - launch.budget_s);
    }
    return code;
}

static int break_down(const struct cli_measure *m, struct bench_breakdown *bd, bool *made, char *why,
                      size_t size, double end_s, struct qk_error *err)
{
    struct phase phase = {.from = 1 - breakdown_share, .to = 1, .name = "breakdown"};
    struct cli_measure mine = *m;
    mine.job.progress = show;
    mine.job.ctx = &phase;
    mine.job.budget_s = fmax(1, end_s - now_s());
    begin(&phase);
    return cli_baseline_breakdown(&mine, bd, made, why, size, err);
}

int cli_baseline_measure(struct baseline *b, const char *name, struct cli_measure *m, size_t launches,
                         double budget_s, struct qk_error *err)
{
    const double start = now_s(), end = start + (1 - spare_share) * budget_s;
    const struct bench_sample_set *list[CLI_LAUNCHES_MAX];
    struct bench_breakdown bd = {0};
    size_t done = 0;
    bool made = false;
    char why[480] = "";
    struct bench_sample_set *sets = calloc(launches, sizeof *sets);
    if (!sets || launches > CLI_LAUNCHES_MAX) {
        free(sets);
        return qk_fail(err, QK_ERR_MEMORY, name, "no memory for %zu launches", launches);
    }
    int code = launch_all(m, sets, &done, launches, end - breakdown_share * budget_s, err);
    if (!code)
        code = break_down(m, &bd, &made, why, sizeof why, end, err);
    cli_progress_end();
    if (!code)
        cli_say("measured in %.0f s; the budget is %.0f s", now_s() - start, budget_s);
    for (size_t i = 0; i < done; i++)
        list[i] = &sets[i];
    if (!code)
        code = baseline_make(b, name, list, done, made ? &bd : NULL, why, err);
    bench_breakdown_free(&bd);
    for (size_t i = 0; i < done; i++)
        bench_sample_set_free(&sets[i]);
    free(sets);
    return code;
}
