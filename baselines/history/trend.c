/* SPDX-License-Identifier: MIT */
#include "baselines/history/trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    struct baseline_trend *t;
    struct baseline_drift drift;
    double margin;
    size_t most, seen;
    bool begun;
};

/* Of each case and machine the newest result comes. There must be one. */
static int find_only(void *ctx, const struct baseline_history_row *row, struct qk_error *err)
{
    struct baseline_trend *const t = ctx;
    if (t->last.id && strcmp(t->last.result.name, row->result.name) != 0)
        return qk_fail(err, QK_ERR_ARG, "PATTERN", "matches several cases, %.120s and %.120s; expected one",
                       t->last.result.name, row->result.name);
    if (t->last.id)
        return qk_fail(err, QK_ERR_ARG, row->result.name,
                       "was measured on several machines, %s and %s; choose one with --machine",
                       t->last.machine.fingerprint, row->machine.fingerprint);
    t->last = *row;
    return 0;
}

enum { FOUND = 1 };

static int find_release(void *ctx, const struct baseline_history_row *row, struct qk_error *err)
{
    struct baseline_trend *const t = ctx;
    (void)err;
    *t->last.release = '\0';
    if (!baseline_is_pinned(row))
        return 0;
    memcpy(t->last.release, row->release, sizeof t->last.release);
    return FOUND;
}

/* The points are a ring until all rows are seen. */
static int take(void *ctx, const struct baseline_history_row *row, struct qk_error *err)
{
    struct walk *const w = ctx;
    const bool ours = baseline_is_pinned(row) && !strcmp(row->release, w->t->last.release);
    (void)err;
    if (!w->begun)
        baseline_drift_begin(&w->drift, row);
    w->begun = true;
    if (ours)
        baseline_drift_add(&w->drift, row, w->margin);
    w->t->points[w->seen++ % w->most] = (struct baseline_trend_point){
        .run = row->run,
        .time = row->time,
        .parent = row->result.parent.ratio,
        .pinned = ours ? row->result.pinned.ratio : (struct bench_interval){NAN, NAN, NAN},
        .ns = row->result.ns,
        .mark = row->mark,
        .expected = w->drift.expected,
        .most = w->drift.expected * (1 + w->drift.margin),
        .drifts = ours && w->drift.state == BASELINE_DRIFT};
    memcpy(w->t->points[(w->seen - 1) % w->most].commit, row->commit, sizeof row->commit);
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct baseline_trend_point *const x = a, *const y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->run < y->run ? -1 : x->run > y->run;
}

int baseline_trend_make(struct baseline_trend *t, struct baseline_history *h, const char *pattern,
                        const char *machine, double margin, size_t most, struct qk_error *err)
{
    struct baseline_history_filter f = {.pattern = pattern, .machine = machine, .limit = 1};
    struct walk w = {.t = t, .margin = margin, .most = most};
    *t = (struct baseline_trend){.points = calloc(most, sizeof *t->points)};
    if (!t->points)
        return qk_fail(err, QK_ERR_MEMORY, pattern, "no memory for %zu points", most);
    int code = baseline_history_each(h, &f, find_only, t, err);
    f.limit = 0;
    if (!code)
        code = baseline_history_each(h, &f, find_release, t, err);
    f.oldest_first = true;
    if (code == 0 || code == FOUND)
        code = baseline_history_each(h, &f, take, &w, err);
    t->count = w.seen < most ? w.seen : most;
    t->left_out = w.seen - t->count;
    for (size_t i = 0; i < t->count; i++) {
        t->timed |= isfinite(t->points[i].ns);
        t->compared |= isfinite(t->points[i].parent.value) || isfinite(t->points[i].pinned.value);
    }
    if (t->count)
        qsort(t->points, t->count, sizeof *t->points, by_time);
    return code;
}

void baseline_trend_free(struct baseline_trend *t)
{
    free(t->points);
    *t = (struct baseline_trend){0};
}
