/* SPDX-License-Identifier: MIT */
#include "reports/text/replay.h"

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
    report_table_columns(t, "lrllrrrrr", "memory", "extra\nwork %", "rule", "order",
                         "called slower", "beyond\nmust-catch", "not\ndecided", "median s", "longest s");
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

int report_replay(const struct baseline_replay *r, bool each, report_render *render, FILE *to,
                  struct qk_error *err)
{
    struct report_tables all = {0};
    struct baseline_replay_row *rows;
    size_t count;
    int code = baseline_replay_rows(r, &rows, &count, err);
    if (code)
        return code;
    if (each)
        add_each(report_tables_add(&all), r);
    add_rules(report_tables_add(&all), r, rows, count);
    code = report_tables_write(&all, false, render, "the replay", to, err);
    free(rows);
    return code;
}
