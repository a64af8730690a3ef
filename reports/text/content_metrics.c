/* SPDX-License-Identifier: MIT */
#include "harness/counters/counters.h"
#include "reports/text/content.h"

#include <math.h>
#include <string.h>

/* Columns of one table. So many fit into 120 columns of text beside the name of a variant. */
enum { METRICS_PER_TABLE = 6 };

/* Events of harness/counters/counters.h. */
static bool is_counter(const char *name)
{
    return bench_metric_find(name) || strstr(name, "::") || !strncmp(name, "PAPI_", 5);
}

/*
 * The reason of the first counter when none has a value anywhere; NULL when one has, or none was asked for.
 */
static const char *why_no_counters(const struct bench_sample_set *set)
{
    const char *why = NULL;
    for (size_t r = 0; r < set->record_count; r++)
        for (size_t m = 0; m < set->records[r].metric_count; m++) {
            const struct bench_metric *metric = &set->records[r].metrics[m];
            if (is_counter(metric->name) && !isnan(metric->value))
                return NULL;
            if (is_counter(metric->name) && !why)
                why = metric->reason;
        }
    return why;
}

/* Who counted, but for one who is known already (NULL: nobody is); NULL when there is nobody else. */
static const char *who_counted(const struct bench_sample_set *set, const char *known, size_t *length)
{
    for (size_t r = 0; r < set->record_count; r++)
        for (size_t m = 0; m < set->records[r].metric_count; m++) {
            const char *by = bench_counted_by(&set->records[r].metrics[m], length);
            if (by && (!known || strncmp(by, known, *length) != 0))
                return by;
        }
    return NULL;
}

static void add_who_counted(struct report_table *t, const struct bench_sample_set *set)
{
    size_t length, more = 0;
    const char *by = who_counted(set, NULL, &length), *other = by ? who_counted(set, by, &more) : NULL;
    if (by)
        report_table_fact(t, "counters", BENCH_COUNTED_BY "%.*s%s%.*s", (int)length, by, other ? " and " : "",
                          (int)more, other ? other : "");
}

/* What a metric's reason says beside who counted it; empty when nothing. */
static const char *remark_of(const struct bench_metric *metric)
{
    size_t length;
    const char *by = bench_counted_by(metric, &length);
    if (!by)
        return metric->reason ? metric->reason : "";
    return by[length] ? by + length + strlen("; ") : "";
}

/* Blocks with recorded events, each once, though all rows of a group share it. */
static void count_blocks(const struct bench_summary *sum, size_t *disturbed, size_t *blocks)
{
    *disturbed = *blocks = 0;
    for (size_t first = 0, end; first < sum->count; first = end) {
        end = bench_summary_group_end(sum, first);
        const struct bench_record *ok = NULL;
        for (size_t i = first; i < end && !ok; i++)
            ok = sum->rows[i].rec->status == BENCH_OK ? sum->rows[i].rec : NULL;
        for (size_t b = 0; ok && b < ok->block_count; b++) {
            *blocks += ok->blocks[b].events.recorded;
            *disturbed += ok->blocks[b].events.recorded && ok->blocks[b].events.disturbed;
        }
    }
}

void report_add_counter_facts(struct report_table *t, const struct report_input *in)
{
    size_t disturbed, blocks;
    const char *const why = why_no_counters(in->set);
    count_blocks(in->summary, &disturbed, &blocks);
    if (blocks && (in->set->waited_ms || in->set->repeated_blocks))
        report_table_fact(
            t, "noise", "%zu of %zu blocks disturbed; waited %.1f s for the core, %llu blocks measured again",
            disturbed, blocks, 1e-3 * (double)in->set->waited_ms,
            (unsigned long long)in->set->repeated_blocks);
    else if (blocks)
        report_table_fact(t, "noise", "%zu of %zu blocks disturbed", disturbed, blocks);
    if (in->set->dropped.count)
        report_table_fact(t, "clock", "blocks dropped: %llu; the first: %s",
                          (unsigned long long)in->set->dropped.count, in->set->dropped.why);
    if (why)
        report_table_fact(t, "counters", "unavailable (%s)", why);
    add_who_counted(t, in->set);
}

/* A column of the cases' own table, or, for what steps consist of, the JSON. */
static bool has_own_place(const char *name)
{
    return !strcmp(name, "percent_of_ceiling") || !strncmp(name, "steps.", 6);
}

static bool is_column(const struct report_metrics *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (!strcmp(m->column[i]->name, name))
            return true;
    return false;
}

void report_metrics_find(struct report_metrics *m, const struct bench_summary *sum, size_t first, size_t end)
{
    m->count = m->left_out = 0;
    for (size_t i = first; i < end; i++)
        for (size_t k = 0; k < sum->rows[i].rec->metric_count; k++) {
            const struct bench_metric *metric = &sum->rows[i].rec->metrics[k];
            if (isnan(metric->value) || has_own_place(metric->name) || is_column(m, metric->name))
                continue;
            if (m->count < REPORT_METRICS_MAX)
                m->column[m->count++] = metric;
            else
                m->left_out++;
        }
    m->tables = (m->count + METRICS_PER_TABLE - 1) / METRICS_PER_TABLE;
}

static void add_head(struct report_table *t, const struct bench_metric *metric)
{
    char head[200];
    const struct bench_metric_row *row = bench_metric_find(metric->name);
    if (row)
        snprintf(head, sizeof head, "%s [%zu]\n%s", metric->name,
                 report_table_note(t, "%s leaves out: %s", row->name, row->leaves_out), metric->unit);
    else
        snprintf(head, sizeof head, "%s\n%s", metric->name, metric->unit);
    report_table_column(t, head, true, true);
}

/* Counts in full, other numbers to five digits, without an exponent where that is readable. */
static void print_value(double x, char *to, size_t size)
{
    const bool in_full = fabs(x) < 1e15 && (x == floor(x) || fabs(x) >= 1e5);
    snprintf(to, size, in_full ? "%.0f" : "%.5g", x);
}

void report_add_metrics(struct report_table *t, const struct bench_summary *sum, size_t first, size_t end,
                        const struct report_metrics *m, size_t table)
{
    const struct bench_summary_row *rows = sum->rows + first;
    const size_t count = end - first, from = table * METRICS_PER_TABLE;
    const size_t to = from + METRICS_PER_TABLE < m->count ? from + METRICS_PER_TABLE : m->count;
    report_table_title(t, "%s, shape %s: metrics, each case alone, after its samples were taken",
                       rows[0].rec->op, rows[0].rec->shape);
    report_table_column(t, "variant", false, true);
    for (size_t n = from; n < to; n++)
        add_head(t, m->column[n]);
    if (m->left_out && to == m->count)
        report_table_note(t, "values left out, of more than %d metrics: %zu", REPORT_METRICS_MAX,
                          m->left_out);
    for (size_t i = 0; i < count; i++) {
        report_table_cell(t, "%s", rows[i].rec->variant);
        for (size_t n = from; n < to; n++) {
            const struct bench_metric *here = bench_record_metric(rows[i].rec, m->column[n]->name);
            const char *remark = here ? remark_of(here) : "";
            const size_t note = *remark ? report_table_note(t, "%s", remark) : 0;
            char text[32] = "-";
            if (here && !isnan(here->value))
                print_value(here->value, text, sizeof text);
            if (note)
                report_table_cell(t, "%s [%zu]", text, note);
            else
                report_table_cell(t, "%s", text);
        }
    }
}
