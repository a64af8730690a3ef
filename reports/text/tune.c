/* SPDX-License-Identifier: MIT */
#include "reports/text/tune.h"

#include "reports/text/table.h"

#include <math.h>
#include <string.h>

static void add_facts(struct report_table *t, const struct bench_tune *tune, bool stored)
{
    report_table_facts(t);
    report_table_title(t, "qkbench %s tune", tune->env.version);
    report_table_fact(t, "machine", "%s, fingerprint %s",
                      *tune->env.cpu_name ? tune->env.cpu_name : "unknown", tune->env.fingerprint);
    report_table_fact(t, "date", "%s%s", tune->env.date, stored ? ", stored then" : "");
    report_table_fact(t, "mode", "%s, %.1f s, seed %llu, CPU %d",
                      tune->quick ? "quick: not for quoting" : "full", tune->seconds,
                      (unsigned long long)tune->seed, tune->cpu);
    report_table_fact(t, "memory", "cache: calls that touch at most %zu KiB; dram: those that touch more",
                      tune->cache_bytes >> 10);
}

static void add_gain(struct report_table *t, const struct bench_tuned_row *row, bool usual)
{
    if (usual)
        report_table_cell(t, "1");
    else if (isnan(row->gain.low))
        report_table_cell(t, "-");
    else
        report_table_cell(t, "%.3fx [%.3f, %.3f]", row->gain.value, row->gain.low, row->gain.high);
}

static void add_rows(struct report_table *t, const struct bench_tuned *op)
{
    for (size_t i = 0; i < op->count; i++) {
        const struct bench_tuned_row *const row = &op->rows[i];
        report_table_texts(t, op->op, qk_memory_names[op->memory], row->variant, NULL);
        report_table_number(t, row->ns, "%.4g", row->ns);
        add_gain(t, row, i + 1 == op->count);
        if (row == bench_tuned_chosen(op))
            report_table_cell(t, "chosen%s", i + 1 == op->count ? ", the table's last row" : "");
        else if (isnan(row->ns))
            report_table_cell(t, "- [%zu]", report_table_note(t, "%s", row->reason));
        else
            report_table_cell(t, "-");
    }
}

/* Two memory classes with the same to say. */
static bool alike(const struct bench_tuned *a, const struct bench_tuned *b)
{
    return !a->blocks && !b->blocks && !strcmp(a->op, b->op) && !strcmp(a->chosen, b->chosen) &&
           !strcmp(a->reason, b->reason);
}

int report_tune_text(const struct bench_tune *tune, bool stored, FILE *to, struct qk_error *err)
{
    struct report_tables all = {.count = 0};
    add_facts(report_tables_add(&all), tune, stored);
    struct report_table *t = report_tables_add(&all);
    report_table_title(t, "Rows that were timed, at least two from one memory; speed-ups over the last row");
    report_table_columns(t, "lllrll", "op", "from", "row", "ns", "speed-up", "choice");
    for (size_t i = 0; i < tune->count; i++)
        if (tune->ops[i].blocks)
            add_rows(t, &tune->ops[i]);
    t = report_tables_add(&all);
    report_table_title(t, "The table's order stays");
    report_table_columns(t, "lllw", "op", "from", "row", "why");
    for (size_t i = 0; i < tune->count; i++) {
        const struct bench_tuned *const op = &tune->ops[i];
        const bool both = i + 1 < tune->count && alike(op, op + 1);
        if (!op->blocks)
            report_table_texts(t, op->op, both ? "both" : qk_memory_names[op->memory], op->chosen, op->reason,
                               NULL);
        i += both;
    }
    return report_tables_write(&all, false, report_table_text, "what was tuned", to, err);
}
