/* SPDX-License-Identifier: MIT */
#include "reports/text/breakdown_counts.h"

#include "reports/text/content.h"

#include <math.h>
#include <string.h>

/* What steps consist of is for the JSON. */
static bool has_table(const struct bench_breakdown_count *count)
{
    return strncmp(count->name, "steps.", 6) != 0;
}

/*
 * How many of what was asked for has a value somewhere, and why others have none; nothing when nothing was
 * asked for.
 */
void report_breakdown_counters(struct report_table *t, const struct bench_breakdown *bd)
{
    size_t asked = 0, counted = 0;
    const char *why = NULL;
    for (size_t i = 0; i < bd->count && !asked; i++)
        for (size_t c = 0; c < bd->rows[i].count_count; c++) {
            const struct bench_breakdown_count *count = &bd->rows[i].counts[c];
            if (!has_table(count))
                continue;
            asked++;
            if (!isnan(count->value[0]))
                counted++;
            else if (!why)
                why = count->why;
        }
    if (!asked)
        return;
    report_table_fact(t, "counters",
                      "%zu of %zu counted, each prefix alone, after its samples were taken%s%s", counted,
                      asked, why ? "; not: " : "", why ? why : "");
}

static const struct bench_breakdown_count *count_of(const struct bench_breakdown_row *row, const char *name)
{
    for (size_t c = 0; c < row->count_count; c++)
        if (!strcmp(row->counts[c].name, name) && !isnan(row->counts[c].value[0]))
            return &row->counts[c];
    return NULL;
}

/*
 * One thing that was counted: components, their total and the kernel by variants; what does not add up has no
 * parts.
 */
static void add_counts(struct report_table *t, const struct bench_breakdown_row *rows, size_t count,
                       const struct bench_breakdown_count *like)
{
    const struct bench_breakdown_row *shown[REPORT_COLUMNS_MAX];
    size_t columns = 0;
    for (size_t i = 0; i < count && columns + 1 < REPORT_COLUMNS_MAX; i++)
        if (rows[i].status == BENCH_OK)
            shown[columns++] = &rows[i];
    report_table_title(t, "%s, shape %s: %s, %s", rows[0].variant->op_name, like->shape, like->name,
                       like->unit);
    report_table_column(t, "component", false, false);
    for (size_t i = 0; i < columns; i++)
        report_table_column(t, shown[i]->variant->name, true, false);
    const size_t stages = shown[0]->stages;
    for (size_t k = like->adds_up ? 0 : stages; k < stages + 2; k++) {
        report_table_cell(t, "%s",
                          k < stages    ? shown[0]->component[k].name
                          : k == stages ? "total"
                                        : "kernel");
        for (size_t i = 0; i < columns; i++) {
            const struct bench_breakdown_count *here = count_of(shown[i], like->name);
            const double value = !here        ? NAN
                                 : k < stages ? bench_breakdown_counted(here, k)
                                              : here->value[k - 1];
            report_table_number(t, value, "%.*f", value == floor(value) ? 0 : 4, value + 0.0);
        }
    }
    if (!strcmp(like->name, "steps"))
        report_table_note(t, "instructions of one call, counted one by one: exact, and what they are is in "
                             "the JSON; negative: "
                             "cut before that stage, the body must hand over values in more instructions");
    else if (*like->why)
        report_table_note(t, "%s", like->why);
}

/* The n-th thing that has a value in the group, each once; NULL when there are fewer. */
static const struct bench_breakdown_count *nth(const struct bench_breakdown_row *rows, size_t count, size_t n)
{
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < rows[i].count_count; c++) {
            const struct bench_breakdown_count *here = &rows[i].counts[c];
            bool first = has_table(here) && !isnan(here->value[0]);
            for (size_t before = 0; before < i; before++)
                first &= !count_of(&rows[before], here->name);
            if (first && n-- == 0)
                return here;
        }
    return NULL;
}

bool report_breakdown_counted(struct report_table *t, const struct bench_breakdown *bd, size_t first,
                              size_t n)
{
    const size_t count = bench_breakdown_group_end(bd, first) - first;
    const struct bench_breakdown_count *like = nth(bd->rows + first, count, n);
    if (like)
        add_counts(t, bd->rows + first, count, like);
    return like;
}
