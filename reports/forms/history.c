/* SPDX-License-Identifier: MIT */
#include "reports/forms/history.h"

#include "harness/records/files/outfile.h"
#include "harness/records/shown.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The shortest text that is read back as the same number. */
static void put_number(double x, FILE *to)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, to);
}

static void csv_text(const char *text, FILE *to)
{
    putc(',', to);
    bench_show_csv(text, to);
}

static void csv_number(double x, FILE *to)
{
    putc(',', to);
    if (isfinite(x))
        put_number(x, to);
}

static void csv_ratio(const struct baseline_history_ratio *r, FILE *to)
{
    csv_text(r->verdict < 0 ? "" : baseline_verdict_names[r->verdict], to);
    csv_number(r->ratio.value, to);
    csv_number(r->ratio.low, to);
    csv_number(r->ratio.high, to);
}

void report_history_csv_head(FILE *to)
{
    fputs("run,measured_at,source,fingerprint,cpu,case_name,commit_name,parent,pinned,verdict,parent_ratio,"
          "parent_low,parent_high,parent_reason,pinned_verdict,pinned_ratio,pinned_low,pinned_high,"
          "pinned_margin,pinned_reason,ns,ns_reason,instructions,instructions_reason,mark,why\n",
          to);
}

void report_history_csv(const struct baseline_history_row *row, FILE *to)
{
    const struct baseline_history_result *const r = &row->result;
    char date[BASELINE_HISTORY_DATE];
    fprintf(to, "%lld,%s", (long long)row->run, baseline_history_date(row->time, date));
    csv_text(baseline_history_sources[row->source], to);
    csv_text(row->machine.fingerprint, to);
    csv_text(row->machine.cpu, to);
    csv_text(r->name, to);
    csv_text(row->commit, to);
    csv_text(row->against, to);
    csv_text(row->release, to);
    csv_ratio(&r->parent, to);
    csv_text(r->parent.reason, to);
    csv_ratio(&r->pinned, to);
    csv_number(r->pinned.margin, to);
    csv_text(r->pinned.reason, to);
    csv_number(r->ns, to);
    csv_text(r->ns_reason, to);
    csv_number(r->instructions, to);
    csv_text(r->instructions_reason, to);
    csv_text(row->mark == BASELINE_UNMARKED ? "" : baseline_mark_names[row->mark], to);
    csv_text(row->why, to);
    putc('\n', to);
}

typedef double value_of(const struct baseline_history_row *row);
static double call_seconds(const struct baseline_history_row *row)
{
    return row->result.ns / 1e9;
}
static double instructions(const struct baseline_history_row *row)
{
    return row->result.instructions;
}
static double parent(const struct baseline_history_row *row)
{
    return row->result.parent.ratio.value;
}
static double parent_low(const struct baseline_history_row *row)
{
    return row->result.parent.ratio.low;
}
static double parent_high(const struct baseline_history_row *row)
{
    return row->result.parent.ratio.high;
}
static double pinned(const struct baseline_history_row *row)
{
    return row->result.pinned.ratio.value;
}
static double pinned_low(const struct baseline_history_row *row)
{
    return row->result.pinned.ratio.low;
}
static double pinned_high(const struct baseline_history_row *row)
{
    return row->result.pinned.ratio.high;
}
static double measured(const struct baseline_history_row *row)
{
    return (double)row->time;
}

/* A family's unit ends its name. */
static const struct family {
    const char *name, *unit, *help;
    value_of *value;
} families[] = {
    {"qkbench_call_seconds", "seconds", "Median time of one call or token.", call_seconds},
    {"qkbench_call_instructions", "instructions", "Instructions of one call.", instructions},
    {"qkbench_parent_ratio", "ratio", "Time over that of the parent commit.", parent},
    {"qkbench_parent_low_ratio", "ratio", "Lower end of its 95 % interval.", parent_low},
    {"qkbench_parent_high_ratio", "ratio", "Upper end of its 95 % interval.", parent_high},
    {"qkbench_pinned_ratio", "ratio", "Time over that of a pinned release.", pinned},
    {"qkbench_pinned_low_ratio", "ratio", "Lower end of its 95 % interval.", pinned_low},
    {"qkbench_pinned_high_ratio", "ratio", "Upper end of its 95 % interval.", pinned_high},
    {"qkbench_measured_timestamp_seconds", "seconds", "When it was measured.", measured},
};

static void label(const char *name, const char *text, bool first, FILE *to)
{
    fprintf(to, "%s%s=\"", first ? "" : ",", name);
    for (; *text; text++)
        if (*text == '\n')
            fputs("\\n", to);
        else
            fprintf(to, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    putc('"', to);
}

static void labels(const struct baseline_history_row *row, FILE *to)
{
    label("case", row->result.name, true, to);
    label("machine", row->machine.fingerprint, false, to);
}

/* What is no number: one sample of 1 with labels. */
static void info(const struct baseline_history_row *row, FILE *to)
{
    const int verdict = row->result.parent.verdict, pinned_verdict = row->result.pinned.verdict;
    char run[24];
    snprintf(run, sizeof run, "%lld", (long long)row->run);
    fputs("qkbench_result_info{", to);
    labels(row, to);
    label("cpu", row->machine.cpu, false, to);
    label("commit", row->commit, false, to);
    label("parent", row->against, false, to);
    label("pinned", row->release, false, to);
    label("run", run, false, to);
    label("verdict", verdict < 0 ? "" : baseline_verdict_names[verdict], false, to);
    label("pinned_verdict", pinned_verdict < 0 ? "" : baseline_verdict_names[pinned_verdict], false, to);
    label("mark", row->mark == BASELINE_UNMARKED ? "" : baseline_mark_names[row->mark], false, to);
    fputs("} 1\n", to);
}

int report_history_openmetrics(const struct baseline_history_rows *rows, FILE *to, struct qk_error *err)
{
    errno = 0;
    for (size_t k = 0; k < sizeof families / sizeof *families; k++) {
        const struct family *const f = &families[k];
        fprintf(to, "# TYPE %s gauge\n# UNIT %s %s\n# HELP %s %s\n", f->name, f->name, f->unit, f->name,
                f->help);
        for (size_t i = 0; i < rows->count; i++) {
            const double x = f->value(&rows->list[i]);
            if (!isfinite(x))
                continue;
            fprintf(to, "%s{", f->name);
            labels(&rows->list[i], to);
            fputs("} ", to);
            put_number(x, to);
            putc('\n', to);
        }
    }
    fputs("# TYPE qkbench_result info\n# HELP qkbench_result What was measured, and what the gate said.\n",
          to);
    for (size_t i = 0; i < rows->count; i++)
        info(&rows->list[i], to);
    fputs("# EOF\n", to);
    return bench_written(to, "the metrics", err);
}

const char *const report_history_values[REPORT_VALUES + 1] = {"ns", "parent", "pinned", NULL};

/* A bar of github-action-benchmark's chart. */
struct bar {
    char name[BASELINE_NAME + 40], unit[16], range[80], extra[800];
    double value;
};

struct bars {
    enum report_history_value which;
    bool machines; /* there are several */
};

static const struct bench_interval *ratio_of(const struct baseline_history_row *row,
                                             enum report_history_value which)
{
    return which == REPORT_PINNED ? &row->result.pinned.ratio : &row->result.parent.ratio;
}

static double bar_value(const struct baseline_history_row *row, enum report_history_value which)
{
    return which == REPORT_NS ? row->result.ns : ratio_of(row, which)->value;
}

static void put_ratio(char *to, size_t size, const char *what, const struct bench_interval *x)
{
    if (isfinite(x->low) && isfinite(x->high))
        snprintf(to, size, "%s%.5f [%.5f, %.5f]", what, x->value, x->low, x->high);
    else
        snprintf(to, size, "%sno interval", what);
}

/* The range is the interval of a ratio: a time alone has none, because machines differ from run to run. */
static void fill(struct bar *b, const struct bars *all, const struct baseline_history_row *row)
{
    const struct baseline_history_result *const r = &row->result;
    char parent_text[80], pinned_text[80];
    b->value = bar_value(row, all->which);
    snprintf(b->name, sizeof b->name, "%s%s%s%s", r->name, all->machines ? " (" : "",
             all->machines ? row->machine.fingerprint : "", all->machines ? ")" : "");
    snprintf(b->unit, sizeof b->unit, "%s", all->which == REPORT_NS ? "ns" : "ratio");
    put_ratio(parent_text, sizeof parent_text, "to parent ", &r->parent.ratio);
    put_ratio(pinned_text, sizeof pinned_text, "to pinned ", &r->pinned.ratio);
    snprintf(b->range, sizeof b->range, "%s", all->which == REPORT_PINNED ? pinned_text : parent_text);
    snprintf(b->extra, sizeof b->extra, "%s\n%s %s\nverdict %s\ncommit %s\nrun %lld on %s (%s)", parent_text,
             pinned_text, row->release,
             r->parent.verdict < 0 ? "-" : baseline_verdict_names[r->parent.verdict], row->commit,
             (long long)row->run, row->machine.cpu, row->machine.fingerprint);
}

#define FIELD_OF struct bar
static const struct bench_field bar_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED, 0, 4 * BASELINE_NAME),
    FIELD(TEXT, "unit", unit, "", BENCH_FILLED),
    FIELD(REAL, "value", value, "", 0, FIELD_AMOUNT),
    FIELD(TEXT, "range", range, "", BENCH_FILLED, 0, 4 * 80),
    FIELD(TEXT, "extra", extra, "", BENCH_FILLED, 0, 4 * 800),
};
#undef FIELD_OF
const struct bench_fields report_github_fields = {
    FIELDS(struct bar, bar_fields),
    .title = "A row for github-action-benchmark",
    .closed = true,
    .rows = true,
    .json = JSON_COMPACT | JSON_REAL_PRECISION(17),
};

static bool has_machines(const struct baseline_history_rows *rows)
{
    for (size_t i = 1; i < rows->count; i++)
        if (strcmp(rows->list[i].machine.fingerprint, rows->list->machine.fingerprint) != 0)
            return true;
    return false;
}

int report_history_github(const struct baseline_history_rows *rows, enum report_history_value value, FILE *to,
                          struct qk_error *err)
{
    const struct bars all = {.which = value, .machines = has_machines(rows)};
    struct bench_json_output out = {.to = to};
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct bar b;
        if (!isfinite(bar_value(&rows->list[i], value)))
            continue;
        fill(&b, &all, &rows->list[i]);
        bench_json_emit(&out, count++ ? ",\n  " : "[\n  ", bench_fields_json(&report_github_fields, &b),
                        report_github_fields.json);
    }
    if (!count)
        return qk_fail(err, QK_ERR_INVALID, report_history_values[value],
                       "none of %zu results has this value", rows->count);
    bench_json_emit_text(&out, "\n]\n");
    return bench_json_finish(&out, "the rows for github-action-benchmark", err);
}
