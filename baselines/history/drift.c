/* SPDX-License-Identifier: MIT */
#include "baselines/history/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const baseline_drift_names[BASELINE_DRIFTS + 1] = {"steady", "faster", "DRIFT",    "UNKNOWN",
                                                               "new",    "gone",   "unpinned", NULL};

bool baseline_is_pinned(const struct baseline_history_row *row)
{
    return *row->release && row->result.pinned.verdict >= 0;
}

void baseline_drift_begin(struct baseline_drift *d, const struct baseline_history_row *first)
{
    *d = (struct baseline_drift){
        .last = *first, .state = BASELINE_UNPINNED, .expected = 1, .margin = NAN, .back = NAN};
}

static void unknown(struct baseline_drift *d, const char *reason)
{
    d->state = BASELINE_UNKNOWN;
    snprintf(d->reason, sizeof d->reason, "%s", reason);
}

/* The interval of the ratio. Code that is the same as the release's was not timed: it has the ratio 1. */
static bool known(const struct baseline_history_ratio *r, struct bench_interval *to)
{
    *to = r->ratio;
    if (r->verdict == BASELINE_PASS && isnan(r->ratio.value))
        *to = (struct bench_interval){1, 1, 1};
    return r->verdict != BASELINE_INVALID && isfinite(to->low) && isfinite(to->high);
}

/* Sets and lifts `real`. */
static void judge_mark(struct baseline_drift *d, const struct baseline_history_row *row,
                       const struct bench_interval *x, bool is_known)
{
    const double most = d->expected * (1 + d->margin);
    if (row->mark == BASELINE_ACCEPTED) {
        d->real = false;
    } else if (row->mark == BASELINE_REAL) {
        d->real = true;
        d->back = is_known ? x->low : NAN;
    } else if (d->real && is_known && x->high < (isfinite(d->back) ? d->back : most)) {
        d->real = false;
    }
}

static void judge(struct baseline_drift *d, const struct baseline_history_row *row, double margin)
{
    struct bench_interval x;
    const struct baseline_history_ratio *const r = &row->result.pinned;
    const bool is_known = known(r, &x);
    const double own = isnan(margin) ? r->margin : margin;
    const bool drifted = d->state == BASELINE_DRIFT;
    /* What was not timed has no margin, and needs none but for an accepted ratio: then the last one's. */
    d->margin = isfinite(own) ? own : isfinite(d->margin) ? d->margin : 0;
    if (row->mark == BASELINE_ACCEPTED && isfinite(x.value))
        d->expected = x.value;
    judge_mark(d, row, &x, is_known);
    if (!is_known && !d->real) {
        unknown(d, *r->reason ? r->reason : "its ratio is not to be trusted");
        return;
    }
    d->judged += is_known;
    if (d->real || x.low > d->expected * (1 + d->margin))
        d->state = BASELINE_DRIFT;
    else
        d->state = x.high < d->expected / (1 + d->margin) ? BASELINE_FASTER : BASELINE_STEADY;
    if (d->state == BASELINE_DRIFT && !drifted) {
        d->since = row->run;
        memcpy(d->since_commit, row->commit, sizeof d->since_commit);
    }
}

void baseline_drift_add(struct baseline_drift *d, const struct baseline_history_row *row, double margin)
{
    if (!baseline_is_pinned(row))
        return;
    if (row->mark == BASELINE_FALSE) {
        if (d->state == BASELINE_UNPINNED)
            unknown(d, "all its results are marked false");
        return;
    }
    d->last = *row;
    if (row->result.pinned.verdict == BASELINE_REMOVED)
        d->state = BASELINE_GONE;
    else if (row->result.pinned.verdict == BASELINE_NEW)
        d->state = BASELINE_YOUNG;
    else
        judge(d, row, margin);
    if (d->state != BASELINE_DRIFT)
        d->since = 0;
}

static struct baseline_drift *append(struct baseline_drifts *d, const struct baseline_history_row *row,
                                     struct qk_error *err)
{
    if (d->count == d->room) {
        const size_t room = d->room ? 2 * d->room : 16;
        struct baseline_drift *const more = reallocarray(d->list, room, sizeof *more);
        if (!more) {
            qk_fail(err, QK_ERR_MEMORY, row->result.name, "no memory for %zu cases", room);
            return NULL;
        }
        d->list = more;
        d->room = room;
    }
    baseline_drift_begin(&d->list[d->count], row);
    return &d->list[d->count++];
}

/* The rows of one case on one machine, and a judgement for each release they were held against. */
struct walk {
    struct baseline_drifts *all, releases;
    double margin;
    char release[sizeof((struct baseline_history_row *)0)->release]; /* of the newest run that has one */
    size_t unpinned;                                                 /* runs since */
};

static struct baseline_drift *find(struct walk *w, const struct baseline_history_row *row,
                                   struct qk_error *err)
{
    for (size_t i = 0; i < w->releases.count; i++) {
        const struct baseline_history_row *const last = &w->releases.list[i].last;
        if (baseline_is_pinned(last) == baseline_is_pinned(row) && !strcmp(last->release, row->release))
            return &w->releases.list[i];
    }
    return append(&w->releases, row, err);
}

/* The case's judgement is that against its newest release. */
static int finish(struct walk *w, struct qk_error *err)
{
    for (size_t i = 0; i < w->releases.count; i++) {
        const struct baseline_drift *const d = &w->releases.list[i];
        if (*w->release && (!baseline_is_pinned(&d->last) || strcmp(d->last.release, w->release) != 0))
            continue;
        struct baseline_drift *const to = append(w->all, &d->last, err);
        if (!to)
            return QK_ERR_MEMORY;
        *to = *d;
        to->unpinned = w->unpinned;
        w->all->counts[to->state]++;
        break;
    }
    w->releases.count = w->unpinned = 0;
    *w->release = '\0';
    return 0;
}

static int take(void *ctx, const struct baseline_history_row *row, struct qk_error *err)
{
    struct walk *const w = ctx;
    const struct baseline_history_row *const before = w->releases.count ? &w->releases.list->last : NULL;
    if (before && (strcmp(before->machine.fingerprint, row->machine.fingerprint) != 0 ||
                   strcmp(before->result.name, row->result.name) != 0)) {
        const int code = finish(w, err);
        if (code)
            return code;
    }
    struct baseline_drift *const d = find(w, row, err);
    if (!d)
        return QK_ERR_MEMORY;
    w->unpinned = baseline_is_pinned(row) ? 0 : w->unpinned + 1;
    if (baseline_is_pinned(row))
        memcpy(w->release, row->release, sizeof w->release);
    baseline_drift_add(d, row, w->margin);
    return 0;
}

int baseline_drifts_make(struct baseline_drifts *d, struct baseline_history *h, const char *pattern,
                         const char *machine, double margin, struct qk_error *err)
{
    const struct baseline_history_filter f = {.pattern = pattern, .machine = machine, .oldest_first = true};
    struct walk w = {.all = d, .margin = margin};
    *d = (struct baseline_drifts){0};
    int code = baseline_history_each(h, &f, take, &w, err);
    if (!code)
        code = finish(&w, err);
    baseline_drifts_free(&w.releases);
    return code;
}

void baseline_drifts_free(struct baseline_drifts *d)
{
    free(d->list);
    *d = (struct baseline_drifts){0};
}
