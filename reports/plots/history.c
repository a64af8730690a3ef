/* SPDX-License-Identifier: MIT */
#include "reports/plots/history.h"

#include "harness/records/files/outfile.h"
#include "reports/plots/private.h"

#include <errno.h>
#include <string.h>

const struct report_plot report_history_plot = {.name = "history", .script = report_plot_xy};

static struct bench_interval percent(const struct bench_interval *x)
{
    return (struct bench_interval){100 * (x->value - 1), 100 * (x->low - 1), 100 * (x->high - 1)};
}

/* A step for each stretch of results over which the level is the same. */
static void put_level(struct report_tsv *t, const struct baseline_trend *trend, size_t number, bool most)
{
    for (size_t i = 0, end; i < trend->count; i = end) {
        const double level = most ? trend->points[i].most : trend->points[i].expected, y = 100 * (level - 1);
        for (end = i + 1; end < trend->count; end++)
            if ((most ? trend->points[end].most : trend->points[end].expected) != level)
                break;
        if (isfinite(y))
            report_tsv_roof(t, number, (double[]){(double)i + 0.5, y}, (double[]){(double)end + 0.5, y});
    }
}

/* Numbers of series: they have their colours and shapes from xy.gp. */
enum { PINNED = 0, PARENT = 4, DRIFTS = 5 };
static const size_t marked[BASELINE_MARKS] = {
    [BASELINE_REAL] = 1, [BASELINE_FALSE] = 24, [BASELINE_ACCEPTED] = 2};

static void put_ratios(struct report_tsv *t, const struct baseline_trend *trend)
{
    static const char *const names[] = {[PARENT] = "to the parent",
                                        [DRIFTS] = "drifts",
                                        [1] = "marked real",
                                        [24] = "marked false: left out",
                                        [2] = "accepted: expected from here on"};
    bool used[sizeof names / sizeof *names] = {false};
    double last[2] = {NAN, NAN};
    char key[24];
    for (size_t i = 0; i < trend->count; i++) {
        const struct baseline_trend_point *const p = &trend->points[i];
        struct bench_interval y = percent(&p->parent);
        if (isfinite(y.value)) {
            report_tsv_point(t, PARENT, (double)i + 1, &y, names[PARENT]);
            used[PARENT] = true;
        }
        y = percent(&p->pinned);
        if (!isfinite(y.value))
            continue;
        const size_t series = p->mark != BASELINE_UNMARKED ? marked[p->mark] : p->drifts ? DRIFTS : PINNED;
        const double here[2] = {(double)i + 1, y.value};
        if (isfinite(last[0]))
            report_tsv_joint(t, PINNED, last, here);
        report_tsv_point(t, series, here[0], &y, trend->last.release);
        memcpy(last, here, sizeof last);
        used[series] = used[PINNED] = true;
    }
    if (used[PINNED])
        report_tsv_say(t, "series0", "to %.80s, pinned", trend->last.release);
    for (size_t k = 1; k < sizeof names / sizeof *names; k++) {
        snprintf(key, sizeof key, "series%zu", k);
        if (used[k])
            report_tsv_say(t, key, "%s", names[k]);
    }
}

/* Of results that were held against nothing. */
static void put_times(struct report_tsv *t, const struct baseline_trend *trend)
{
    double last[2] = {NAN, NAN};
    for (size_t i = 0; i < trend->count; i++) {
        const double here[2] = {(double)i + 1, trend->points[i].ns};
        if (!isfinite(here[1]))
            continue;
        if (isfinite(last[0]))
            report_tsv_joint(t, PINNED, last, here);
        report_tsv_point(t, PINNED, here[0], &(struct bench_interval){here[1], NAN, NAN}, "time");
        memcpy(last, here, sizeof last);
    }
}

int report_history_tsv(const struct baseline_trend *trend, FILE *to, struct qk_error *err)
{
    const struct baseline_history_row *const last = &trend->last;
    const struct baseline_trend_point *const first = trend->points, *const end = first + trend->count - 1;
    char caption[400], from[BASELINE_HISTORY_DATE], until[BASELINE_HISTORY_DATE];
    struct report_tsv t;
    if (!trend->compared && !trend->timed)
        return qk_fail(err, QK_ERR_INVALID, last->result.name,
                       "nothing to plot: none of %zu results has a ratio or a time: %.200s", trend->count,
                       last->result.ns_reason);
    errno = 0;
    snprintf(caption, sizeof caption, "%.150s, fingerprint %s. Bars are 95 %% intervals.%s",
             *last->machine.cpu ? last->machine.cpu : "unknown CPU", last->machine.fingerprint,
             trend->left_out ? " Older runs are left out." : "");
    report_tsv_begin_as(&t, caption, to);
    report_tsv_say(&t, "title", "%s over time", last->result.name);
    report_tsv_say(&t, "ylabel", "%s",
                   trend->compared ? "change of time in %: more is slower"
                                   : "ns of a call or token: more is slower");
    report_tsv_say(&t, "xlabel", "runs, from run %lld (%.12s, %.10s) to run %lld (%.12s, %.10s)",
                   (long long)first->run, first->commit, baseline_history_date(first->time, from),
                   (long long)end->run, end->commit, baseline_history_date(end->time, until));
    if (trend->compared && *last->release) {
        put_level(&t, trend, 0, false);
        put_level(&t, trend, 1, true);
        report_tsv_say(&t, "roof0", "expected");
        report_tsv_say(&t, "roof1", "an interval above this is a drift");
    }
    if (trend->compared)
        put_ratios(&t, trend);
    else
        put_times(&t, trend);
    report_tsv_end(&t);
    return bench_written(to, "the numbers of a plot", err);
}
