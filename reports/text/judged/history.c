/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/history.h"

#include <math.h>
#include <string.h>

/* "+0.52 [+0.41, +0.63]", in per cent; "-" with a note where it is not known. `more` is a note, too. */
static void add_ratio(struct report_table *t, const struct baseline_history_ratio *r, const char *more)
{
    const struct bench_interval *const x = &r->ratio;
    const bool known = isfinite(x->value), wide = isfinite(x->low) && isfinite(x->high);
    char text[80] = "-", notes[40] = "";
    if (known)
        snprintf(text, sizeof text, "%+.2f", 100 * (x->value - 1));
    if (known && wide)
        snprintf(text, sizeof text, "%+.2f [%+.2f, %+.2f]", 100 * (x->value - 1), 100 * (x->low - 1),
                 100 * (x->high - 1));
    else
        snprintf(notes, sizeof notes, " [%zu]", report_table_note(t, "%s", r->reason));
    if (*more)
        snprintf(notes + strlen(notes), sizeof notes - strlen(notes), " [%zu]",
                 report_table_note(t, "against %s", more));
    report_table_cell(t, "%s%s", text, notes);
}

static void add_figure(struct report_table *t, double x, const char *reason)
{
    if (isfinite(x))
        report_table_cell(t, "%.5g", x);
    else
        report_table_cell(t, "- [%zu]", report_table_note(t, "%s", reason));
}

static void add_mark(struct report_table *t, const struct baseline_history_row *row)
{
    if (row->mark == BASELINE_UNMARKED)
        report_table_cell(t, " ");
    else
        report_table_cell(t, "%s [%zu]", baseline_mark_names[row->mark],
                          report_table_note(t, "%s", row->why));
}

/* Twelve digits of a commit are enough, and what stands behind them counts. */
static void add_commit(struct report_table *t, const char *commit)
{
    const size_t digits = strspn(commit, "0123456789abcdef");
    if (digits > 12)
        report_table_cell(t, "%.12s%s", commit, commit + digits);
    else
        report_table_cell(t, "%s", *commit ? commit : "-");
}

static bool same_machine(const struct baseline_history_row *a, const struct baseline_history_row *b)
{
    return !strcmp(a->machine.fingerprint, b->machine.fingerprint);
}

static void name_machine(struct report_table *t, const char *what, const struct baseline_history_row *row)
{
    report_table_title(t, "%s%s%s (fingerprint %s)", what, *what ? " on " : "",
                       *row->machine.cpu ? row->machine.cpu : "an unknown CPU", row->machine.fingerprint);
}

/* One case of all rows, which then is the title and no column. */
static bool one_case(const struct baseline_history_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(rows[i].result.name, rows->result.name) != 0)
            return false;
    return true;
}

/* The newest release that a row was held against: the head of a column. The others are noted. */
static const char *release_of(const struct baseline_history_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (*rows[i].release)
            return rows[i].release;
    return "";
}

static void add_log(struct report_table *t, const struct baseline_history_row *rows, size_t count)
{
    const bool one = one_case(rows, count);
    const char *const release = release_of(rows, count);
    char head[300];
    name_machine(t, one ? rows->result.name : "", rows);
    report_table_columns(t, "rll", "run", "measured (UTC)", "commit");
    if (!one)
        report_table_column(t, "case", false, true);
    snprintf(head, sizeof head, "to %.40s\n%%", *release ? release : "pinned");
    report_table_columns(t, "rrlrl", "to parent\n%", head, "verdict", "ns", "mark");
    for (size_t i = 0; i < count; i++) {
        const struct baseline_history_row *const row = &rows[i];
        const struct baseline_history_result *const r = &row->result;
        char date[BASELINE_HISTORY_DATE];
        report_table_cell(t, "%lld", (long long)row->run);
        report_table_cell(t, "%.10s %.5s", baseline_history_date(row->time, date), date + 11);
        add_commit(t, row->commit);
        if (!one)
            report_table_cell(t, "%s", r->name);
        add_ratio(t, &r->parent, "");
        add_ratio(t, &r->pinned, strcmp(row->release, release) != 0 ? row->release : "");
        report_table_cell(t, "%s", r->parent.verdict < 0 ? "-" : baseline_verdict_names[r->parent.verdict]);
        add_figure(t, r->ns, r->ns_reason);
        add_mark(t, row);
    }
}

int report_history_log(const struct baseline_history_rows *rows, report_render *render, FILE *to,
                       struct qk_error *err)
{
    struct report_tables all = {0};
    for (size_t i = 0, end; i < rows->count; i = end) {
        for (end = i + 1; end < rows->count && same_machine(&rows->list[end], &rows->list[i]);)
            end++;
        add_log(report_tables_add(&all), &rows->list[i], end - i);
    }
    return report_tables_write(&all, false, render, "the history", to, err);
}

static void add_since(struct report_table *t, const struct baseline_drift *d)
{
    if (d->state == BASELINE_DRIFT)
        report_table_cell(t, "run %lld, %.12s", (long long)d->since,
                          *d->since_commit ? d->since_commit : "no commit");
    else
        report_table_cell(t, " ");
}

static void add_state(struct report_table *t, const struct baseline_drift *d)
{
    const char *const word = baseline_drift_names[d->state];
    if (d->state == BASELINE_UNKNOWN)
        report_table_cell(t, "%s [%zu]", word, report_table_note(t, "%s", d->reason));
    else if (d->real)
        report_table_cell(t, "%s [%zu]", word,
                          report_table_note(t, "marked real, and not proven faster since"));
    else
        report_table_cell(t, "%s", word);
}

static void add_drift(struct report_table *t, const struct baseline_drift *d)
{
    report_table_cell(t, "%s", d->last.result.name);
    add_state(t, d);
    add_ratio(t, &d->last.result.pinned, "");
    report_table_number(t, d->expected, "%+.2f", 100 * (d->expected - 1));
    report_table_number(t, d->margin, "%.2f", 100 * d->margin);
    report_table_cell(t, "%s", *d->last.release ? d->last.release : "-");
    if (d->unpinned)
        report_table_cell(t, "%lld [%zu]", (long long)d->last.run,
                          report_table_note(t, "newer runs without a pinned release: %zu", d->unpinned));
    else
        report_table_cell(t, "%lld", (long long)d->last.run);
    add_since(t, d);
}

static bool is_shown(const struct baseline_drift *d, bool all)
{
    return all || d->state == BASELINE_DRIFT || d->state == BASELINE_UNKNOWN || d->state == BASELINE_FASTER;
}

/* A machine's cases of one state. */
static void add_state_rows(struct report_table *t, const struct baseline_drifts *d, size_t of, bool all,
                           enum baseline_drift_state state)
{
    for (size_t i = of; i < d->count; i++)
        if (same_machine(&d->list[i].last, &d->list[of].last) && d->list[i].state == state &&
            is_shown(&d->list[i], all))
            add_drift(t, &d->list[i]);
}

int report_history_check(const struct baseline_drifts *d, bool all, report_render *render, FILE *to,
                         struct qk_error *err)
{
    static const enum baseline_drift_state order[BASELINE_DRIFTS] = {
        BASELINE_DRIFT, BASELINE_UNKNOWN, BASELINE_FASTER,  BASELINE_STEADY,
        BASELINE_YOUNG, BASELINE_GONE,    BASELINE_UNPINNED};
    struct report_tables tables = {0};
    for (size_t i = 0; i < d->count; i++) {
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = !same_machine(&d->list[k].last, &d->list[i].last);
        if (!first)
            continue;
        struct report_table *const t = report_tables_add(&tables);
        name_machine(t, "", &d->list[i].last);
        report_table_columns(t, "wlrrrwrl", "case", "", "to pinned\n%", "expected\n%", "margin\n%", "pinned",
                             "run", "drifts since");
        for (size_t k = 0; k < BASELINE_DRIFTS; k++)
            add_state_rows(t, d, i, all, order[k]);
    }
    return report_tables_write(&tables, false, render, "the drifts", to, err);
}
