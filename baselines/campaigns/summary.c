/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/campaign.h"

#include "harness/records/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A case of a run, with what it is grouped by. */
struct entry {
    const struct baseline_campaign_run *run;
    const struct baseline_campaign_case *of;
};

#define ORDER(x, y) ((x) != (y) ? (x) < (y) ? -1 : 1 : 0)

static int by_noise(const struct baseline_campaign_run *x, const struct baseline_campaign_run *y)
{
    int order = strcmp(x->machine, y->machine);
    order = order ? order : ORDER(x->neighbour, y->neighbour);
    return order ? order : ORDER(x->busy, y->busy);
}

bool baseline_campaign_is_whole(const struct baseline_campaign_run *run)
{
    return run->count && run->cases->memory == BASELINE_CLASS_E2E;
}

static int by_place(const struct entry *x, const struct entry *y)
{
    int order = by_noise(x->run, y->run);
    order = order ? order : ORDER(x->of->memory, y->of->memory);
    return order ? order : ORDER(x->of->must_catch, y->of->must_catch);
}

/*
 * Half per cents of the extra work that was done. Calls are whole, so cases of one gate may differ in it by
 * twice what was asked for. What was not timed counts where it was meant to be.
 */
static long size_of(const struct entry *e)
{
    const double done = e->of->extra > 0 ? e->of->extra : e->run->asked;
    return e->run->arm == BASELINE_ARM_CALLS ? lround(200 * done) : 0;
}

static int by_row(const struct entry *x, const struct entry *y)
{
    int order = by_place(x, y);
    order = order ? order : ORDER(x->run->arm, y->run->arm);
    order = order ? order : ORDER(size_of(x), size_of(y));
    /* A slower stage slows each case by another amount, and some not at all. */
    return order || x->run->arm != BASELINE_ARM_STAGE ? order : strcmp(x->of->name, y->of->name);
}

static int by_case(const void *a, const void *b)
{
    const int order = by_row(a, b);
    return order ? order : strcmp(((const struct entry *)a)->of->name, ((const struct entry *)b)->of->name);
}

/* Runs that are counted together do not differ in this. */
static int by_kind(const struct baseline_campaign_run *x, const struct baseline_campaign_run *y)
{
    int order = by_noise(x, y);
    order = order ? order : ORDER(baseline_campaign_is_whole(x), baseline_campaign_is_whole(y));
    return order ? order : ORDER(x->arm, y->arm);
}

static int by_run(const void *a, const void *b)
{
    const struct baseline_campaign_run *const x = a, *const y = b;
    const int order = by_kind(x, y);
    return order ? order : strcmp(x->date, y->date);
}

static double at_share(const double *sorted, size_t count, double share)
{
    const size_t at = (size_t)(share * (double)count);
    return sorted[at < count ? at : count - 1];
}

/* The largest sd of a case's ratio; entries of one case stand together. scratch: [count]. */
static double largest_spread(const struct entry *list, size_t count)
{
    double largest = NAN;
    for (size_t i = 0, next; i < count; i = next) {
        double sum = 0, squares = 0;
        size_t timed = 0;
        for (next = i; next < count && !strcmp(list[next].of->name, list[i].of->name); next++)
            if (isfinite(list[next].of->ratio)) {
                sum += list[next].of->ratio;
                timed++;
            }
        for (size_t k = i; k < next; k++)
            if (isfinite(list[k].of->ratio))
                squares += pow(list[k].of->ratio - sum / (double)timed, 2);
        if (timed > 1)
            largest = fmax(largest, sqrt(squares / (double)(timed - 1)));
    }
    return largest;
}

static int compare_runs(const void *a, const void *b)
{
    const struct baseline_campaign_run *const *x = a, *const *y = b;
    return ORDER(*x, *y);
}

static size_t distinct_runs(const struct entry *list, size_t count, const struct baseline_campaign_run **room)
{
    size_t n = count > 0;
    for (size_t i = 0; i < count; i++)
        room[i] = list[i].run;
    qsort(room, count, sizeof *room, compare_runs);
    for (size_t i = 1; i < count; i++)
        n += room[i] != room[i - 1];
    return n;
}

static struct baseline_campaign_row row_of(const struct entry *list, size_t count, double *scratch,
                                           const struct baseline_campaign_run **room)
{
    struct baseline_campaign_row row = {.of = list->run,
                                        .name = list->of->name,
                                        .memory = list->of->memory,
                                        .must_catch = list->of->must_catch,
                                        .runs = distinct_runs(list, count, room),
                                        .spread = largest_spread(list, count)};
    size_t timed = 0;
    for (size_t i = 0; i < count; i++) {
        const bool invalid = list[i].run->verdict == BASELINE_INVALID;
        row.verdicts[invalid ? BASELINE_INVALID : list[i].of->verdict]++;
        if (isfinite(list[i].of->ratio)) {
            row.extra += list[i].of->extra;
            scratch[count + timed++] = list[i].of->ratio;
        }
    }
    size_t widths = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].of->half_width > 0)
            scratch[widths++] = list[i].of->half_width;
    row.half_width = widths ? bench_median(scratch, widths, scratch) : NAN;
    for (size_t i = 0; i < count; i++)
        scratch[i] = list[i].of->seconds;
    row.extra = timed ? row.extra / (double)timed : NAN;
    row.caught = baseline_rate(row.verdicts[BASELINE_REGRESSION], count);
    bench_sort(scratch, count);
    row.median_s = at_share(scratch, count, 0.5);
    row.late_s = at_share(scratch, count, 0.95);
    row.longest_s = scratch[count - 1];
    if (list->run->arm == BASELINE_ARM_STAGE)
        row.extra = bench_median(scratch + count, timed, scratch) - 1;
    return row;
}

static struct baseline_campaign_alarm alarm_of(const struct baseline_campaign_run *runs, size_t count,
                                               double *scratch)
{
    struct baseline_campaign_alarm a = {.of = runs};
    for (size_t i = 0; i < count; i++) {
        a.verdicts[runs[i].verdict]++;
        scratch[i] = runs[i].seconds;
    }
    bench_sort(scratch, count);
    a.alarms = baseline_rate(a.verdicts[BASELINE_REGRESSION], count);
    a.median_s = at_share(scratch, count, 0.5);
    a.longest_s = scratch[count - 1];
    return a;
}

static void add_alarms(const struct baseline_campaign *c, struct baseline_campaign_summary *s,
                       double *scratch)
{
    for (size_t i = 0, next; i < c->count; i = next) {
        for (next = i + 1; next < c->count && !by_kind(&c->runs[i], &c->runs[next]);)
            next++;
        if (!baseline_arm_is_slowed(c->runs[i].arm))
            s->alarms[s->alarm_count++] = alarm_of(&c->runs[i], next - i, scratch);
    }
}

static bool counts_with(const struct baseline_campaign_run *a, const struct baseline_campaign_run *b)
{
    return a->busy == b->busy && a->neighbour == b->neighbour &&
           baseline_campaign_is_whole(a) == baseline_campaign_is_whole(b);
}

bool baseline_campaign_together(const struct baseline_campaign_summary *s, size_t i,
                                struct baseline_campaign_alarm *all)
{
    const struct baseline_campaign_alarm *const a = s->alarms;
    size_t hits = 0, runs = 0, first = 0;
    while (!counts_with(a[first].of, a[i].of))
        first++;
    if (first < i || !strcmp(a->of->machine, a[s->alarm_count - 1].of->machine))
        return false;
    *all = (struct baseline_campaign_alarm){.of = a[i].of, .median_s = NAN, .longest_s = NAN};
    for (size_t k = i; k < s->alarm_count; k++)
        if (counts_with(a[k].of, a[i].of)) {
            hits += a[k].alarms.hits;
            runs += a[k].alarms.runs;
            for (size_t v = 0; v < BASELINE_VERDICTS; v++)
                all->verdicts[v] += a[k].verdicts[v];
        }
    all->alarms = baseline_rate(hits, runs);
    return true;
}

/* Controls and rules are judged in the same way in every run, so only cases show what the arms do. */
static size_t list_cases(const struct baseline_campaign *c, struct entry *list)
{
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->runs[i].count; k++)
            if (c->runs[i].cases[k].role == BASELINE_CASE) {
                if (list)
                    list[count] = (struct entry){&c->runs[i], &c->runs[i].cases[k]};
                count++;
            }
    return count;
}

int baseline_campaign_summary(struct baseline_campaign *c, struct baseline_campaign_summary *s,
                              struct qk_error *err)
{
    if (c->count)
        qsort(c->runs, c->count, sizeof *c->runs, by_run);
    const size_t count = list_cases(c, NULL), most = count > c->count ? count : c->count;
    struct entry *const list = calloc(count + 1, sizeof *list);
    double *const scratch = calloc(2 * most + 1, sizeof *scratch);
    const struct baseline_campaign_run **const room = calloc(count + 1, sizeof *room);
    *s = (struct baseline_campaign_summary){.rows = calloc(count + 1, sizeof *s->rows),
                                            .alarms = calloc(c->count + 1, sizeof *s->alarms)};
    int code = list && scratch && room && s->rows && s->alarms
                   ? 0
                   : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory to sum up %zu runs", c->count);
    if (!code) {
        list_cases(c, list);
        qsort(list, count, sizeof *list, by_case);
        for (size_t i = 0, next; i < count; i = next) {
            for (next = i + 1; next < count && !by_row(&list[i], &list[next]);)
                next++;
            s->rows[s->count++] = row_of(list + i, next - i, scratch, room);
        }
        add_alarms(c, s, scratch);
    }
    free(room);
    free(scratch);
    free(list);
    return code;
}

void baseline_campaign_summary_free(struct baseline_campaign_summary *s)
{
    free(s->rows);
    free(s->alarms);
    *s = (struct baseline_campaign_summary){0};
}

bool baseline_campaign_alike(const struct baseline_campaign_row *a, const struct baseline_campaign_row *b)
{
    return !by_noise(a->of, b->of) && a->memory == b->memory && a->must_catch == b->must_catch;
}

static bool is_slowed(const struct baseline_campaign_row *r, const struct baseline_campaign_row *like)
{
    return baseline_arm_is_slowed(r->of->arm) && isfinite(r->extra) && baseline_campaign_alike(r, like);
}

static bool is_caught(const struct baseline_campaign_row *r)
{
    return (double)r->caught.hits >= 0.95 * (double)r->caught.runs;
}

const struct baseline_campaign_row *baseline_campaign_least(const struct baseline_campaign_summary *s,
                                                            const struct baseline_campaign_row *row)
{
    const struct baseline_campaign_row *least = NULL, *missed = NULL; /* the largest size that was missed */
    for (size_t i = 0; i < s->count; i++) {
        const struct baseline_campaign_row *const r = &s->rows[i];
        if (is_slowed(r, row) && !is_caught(r) && (!missed || r->extra > missed->extra))
            missed = r;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct baseline_campaign_row *const r = &s->rows[i];
        if (is_slowed(r, row) && is_caught(r) && (!missed || r->extra > missed->extra) &&
            (!least || r->extra < least->extra))
            least = r;
    }
    return least;
}
