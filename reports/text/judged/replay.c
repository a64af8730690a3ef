/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/replay.h"

#include <math.h>
#include <stdlib.h>

void report_add_rate(struct report_table *t, const struct baseline_rate *rate)
{
    if (rate->runs)
        report_table_cell(t, "%zu of %zu: %.1f %% [%.1f, %.1f]", rate->hits, rate->runs,
                          100 * (double)rate->hits / (double)rate->runs, 100 * rate->low, 100 * rate->high);
    else
        report_table_cell(t, "-");
}

static const char *order_of(enum baseline_rule rule, bool apart)
{
    return rule == BASELINE_RULE_OURS || rule == BASELINE_RULE_SIGNED_RANK ? "pairs"
           : apart                                                         ? "apart"
                                                                           : "interleaved";
}

static void add_each(struct report_table *t, const struct baseline_replay *r)
{
    report_table_title(t, "Decisions");
    report_table_columns(t, "wrrllrrrl", "case", "window", "extra\nwork %", "rule", "order", "blocks", "s",
                         "ratio", "verdict");
    for (size_t i = 0; i < r->count; i++) {
        const struct baseline_decided *const d = &r->list[i];
        report_table_cell(t, "%s", d->name);
        report_table_cell(t, "%zu", d->window);
        report_table_cell(t, "%.2f", 100 * d->extra);
        report_table_texts(t, baseline_rule_names[d->rule], order_of(d->rule, d->apart), NULL);
        report_table_cell(t, "%zu", d->blocks);
        report_table_cell(t, "%.2f", d->seconds);
        report_table_number(t, d->ratio, "%.4f", d->ratio);
        report_table_cell(t, "%s", baseline_verdict_names[d->verdict]);
    }
}

static void add_rules(struct report_table *t, const struct baseline_replay *r,
                      const struct baseline_replay_row *rows, size_t count)
{
    report_table_title(t, "%zu trace%s by rule; in brackets what holds the true share with 95 %% probability",
                       r->traces, r->traces == 1 ? "" : "s");
    report_table_columns(t, "lrllrrrrr", "memory", "extra\nwork %", "rule", "order", "called slower",
                         "beyond\nmust-catch", "not\ndecided", "median s", "longest s");
    for (size_t i = 0; i < count; i++) {
        const struct baseline_replay_row *const row = &rows[i];
        report_table_cell(t, "%s", qk_memory_names[row->memory]);
        report_table_cell(t, "%.2f", 100 * row->extra);
        report_table_texts(t, baseline_rule_names[row->rule], order_of(row->rule, row->apart), NULL);
        report_add_rate(t, &row->slower);
        report_table_cell(t, "%zu", row->must);
        report_table_cell(t, "%zu", row->undecided);
        report_table_cell(t, "%.2f", row->median_s);
        report_table_cell(t, "%.2f", row->longest_s);
    }
    if (r->left_out)
        report_table_note(t, "%zu blocks filled no window and were left out", r->left_out);
}

static bool alike(const struct baseline_replay_row *a, const struct baseline_replay_row *b)
{
    return a->memory == b->memory && a->rule == b->rule && a->apart == b->apart;
}

/* The row of the same rule and order for another row's size; NULL: nothing of it was decided. */
static const struct baseline_replay_row *at_size(const struct baseline_replay_row *rows, size_t count,
                                                 const struct baseline_replay_row *rule,
                                                 const struct baseline_replay_row *size)
{
    for (size_t i = 0; i < count; i++)
        if (alike(&rows[i], rule) && rows[i].asked == size->asked)
            return &rows[i];
    return NULL;
}

/* Beside each other: a rule's rates for every size of one memory class. rows[count] are of that class. */
static void add_beside(struct report_table *t, const struct baseline_replay_row *rows, size_t count)
{
    const struct baseline_replay_row *sizes[REPORT_COLUMNS_MAX - 2];
    size_t size_count = 0;
    report_table_title(
        t, "%s: how many windows each rule called slower, and the 95 %% interval of the share in %%",
        qk_memory_names[rows->memory]);
    report_table_columns(t, "ll", "rule", "order");
    for (size_t i = 0; i < count && size_count < REPORT_COLUMNS_MAX - 2; i++) {
        char head[60];
        if (size_count && sizes[size_count - 1]->asked == rows[i].asked)
            continue;
        sizes[size_count++] = &rows[i];
        snprintf(head, sizeof head, "extra work\n%+.2f %%", 100 * rows[i].extra);
        report_table_column(t, head, true, false);
    }
    for (size_t i = 0; i < count && rows[i].asked == rows->asked; i++) {
        report_table_texts(t, baseline_rule_names[rows[i].rule], order_of(rows[i].rule, rows[i].apart), NULL);
        for (size_t k = 0; k < size_count; k++) {
            const struct baseline_replay_row *const r = at_size(rows, count, &rows[i], sizes[k]);
            if (!r)
                report_table_cell(t, "-");
            else if (r->undecided)
                report_table_cell(t, "%zu of %zu [%.1f, %.1f] [%zu]", r->slower.hits, r->slower.runs,
                                  100 * r->slower.low, 100 * r->slower.high,
                                  report_table_note(t, "not decided: %zu", r->undecided));
            else
                report_table_cell(t, "%zu of %zu [%.1f, %.1f]", r->slower.hits, r->slower.runs,
                                  100 * r->slower.low, 100 * r->slower.high);
        }
    }
}

static void add_all_beside(struct report_tables *all, const struct baseline_replay_row *rows, size_t count)
{
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && rows[next].memory == rows[i].memory;)
            next++;
        add_beside(report_tables_add(all), rows + i, next - i);
    }
}

int report_replay(const struct baseline_replay *r, bool each, report_render *render, FILE *to,
                  struct qk_error *err)
{
    struct report_tables all = {0};
    struct baseline_replay_row *rows;
    size_t count;
    int code = baseline_replay_rows(r, &rows, &count, err);
    if (code)
        return code;
    if (each) {
        add_each(report_tables_add(&all), r);
        add_rules(report_tables_add(&all), r, rows, count);
    }
    add_all_beside(&all, rows, count);
    code = report_tables_write(&all, false, render, "the replay", to, err);
    free(rows);
    return code;
}
