/* SPDX-License-Identifier: MIT */
#include "reports/text/breakdown.h"

#include "reports/text/breakdown_counts.h"
#include "reports/text/content.h"

#include <math.h>
#include <string.h>

/* Decimals that leave `total` about so many digits. */
static int decimals_for(double total, int digits)
{
    const int whole = total >= 1 ? (int)floor(log10(total)) + 1 : total >= 0.1 ? 0 : -1;
    return whole >= digits ? 0 : digits - whole;
}

static double rounded(double x, int decimals)
{
    return round(x * pow(10, decimals));
}

/*
 * A difference as the difference of two rounded numbers, so that what is shown adds up to what is shown. +0,
 * because a negative zero would be printed with its sign.
 */
static double step(double to, double from, int decimals)
{
    return (rounded(to, decimals) - rounded(from, decimals)) / pow(10, decimals) + 0.0;
}

static void add_step(struct report_table *t, double to, double from, int decimals)
{
    report_table_number(t, to - from, "%.*f", decimals, step(to, from, decimals));
}

static void add_interval(struct report_table *t, const struct bench_interval *x, int decimals)
{
    report_table_number(t, x->low, "[%.*f, %.*f]", decimals, x->low, decimals, x->high);
}

static void add_facts(struct report_table *t, const struct report_breakdown_input *in)
{
    const struct bench_breakdown *bd = in->bd;
    report_table_facts(t);
    report_table_title(t, "qkbench %s breakdown", bd->env.version);
    report_table_fact(t, "machine", "%s", bd->env.cpu_name);
    if (isnan(bd->clock_ghz))
        report_table_fact(t, "core clock", "- (%s)", bd->clock_why);
    else
        report_table_fact(t, "core clock", "%.2f GHz, estimated beside the samples; pinned to CPU %d",
                          bd->clock_ghz, bd->cpu);
    if (bd->dropped.count)
        report_table_fact(t, "clock", "blocks dropped: %llu; the first: %s",
                          (unsigned long long)bd->dropped.count, bd->dropped.why);
    report_table_fact(t, "compiler", "%s", bd->env.compiler);
    report_table_fact(t, "commit", "%s", bd->env.commit);
    report_table_fact(t, "mode", "%s, shapes: %s, seed %llu", bd->quick ? "quick: not for quoting" : "full",
                      bd->source, (unsigned long long)bd->seed);
    report_table_fact(t, "component",
                      "what adding a stage to the ones before it costs in this very body: the difference of "
                      "two prefixes of the code that ships");
    report_table_fact(t, "interval", "95 %%, by sign test over blocks of differences paired by round");
    report_table_fact(t, "ms/token",
                      "time of an element times the %.0f ternary weights of BitNet b1.58 2B4T, one core",
                      (double)BENCH_2B_WEIGHTS);
    report_breakdown_counters(t, bd);
    if (in->claims)
        report_table_fact(t, "claimed", "%s", in->claims->claims.source);
}

/*
 * What a line of a variant's table shows of a time, so far summed up: columns add up by being differences of
 * sums.
 */
enum { NS, CYCLES, SHARE, MS, FIGURES };

struct sums {
    double figure[FIGURES];
};

static struct sums sum_with(const struct sums *before, const struct bench_part *part)
{
    const double x[] = {part->ns.value, part->cycles_per_element, part->share, part->ms_per_token.value};
    struct sums after = *before;
    for (int i = 0; i < FIGURES; i++)
        after.figure[i] += x[i];
    return after;
}

static double claimed_ms(const struct report_breakdown_input *in, const struct bench_breakdown_row *row,
                         const char *stage)
{
    return in->claims ? baseline_components_claimed(in->claims, row, stage) : NAN;
}

static void add_remark(struct report_table *t, const struct bench_part *part, const char *otherwise)
{
    if (!part->resolved)
        report_table_cell(t, "not resolved [%zu]", report_table_note(t, "%s: %s", part->name, part->why));
    else if (part->ns.value < 0)
        report_table_cell(
            t, "negative [%zu]",
            report_table_note(
                t, "negative: the body is faster with this stage than cut before it. The core overlaps "
                   "stages, and a cut body must still hand over every value it has computed"));
    else
        report_table_cell(t, "%s", otherwise);
}

static void add_line(struct report_table *t, const struct report_breakdown_input *in,
                     const struct bench_breakdown_row *row, const struct bench_part *part,
                     const struct sums *from, const struct sums *to, const char *remark)
{
    const double total[] = {row->total.ns.value, row->total.cycles_per_element, row->total.share,
                            row->total.ms_per_token.value};
    const int digits[] = {5, 4, 4, 4};
    report_table_cell(t, "%s", part->name);
    for (int i = 0; i < FIGURES; i++) {
        const int decimals = isnan(total[i]) ? 0 : decimals_for(total[i], digits[i]);
        add_step(t, to->figure[i], from->figure[i], decimals);
        if (i == NS)
            add_interval(t, &part->ns, decimals);
    }
    report_table_number(t, claimed_ms(in, row, part->name), "%.0f", claimed_ms(in, row, part->name));
    add_remark(t, part, remark);
}

static void add_row(struct report_table *t, const struct report_breakdown_input *in,
                    const struct bench_breakdown_row *row)
{
    const struct sums zero = {{0}};
    struct sums sum = zero;
    report_table_title(t, "%s/%s/%s, phase %s (%zu blocks x %zu rounds of %zu prefixes and the kernel)",
                       row->variant->op_name, row->variant->name, row->shape, row->variant->phase,
                       row->blocks, row->rounds, row->stages);
    report_table_columns(t, "lrrrrrrw", "component", "ns/call", "interval", "estimated\ncyc/elem", "share\n%",
                         "ms/token", "claimed\nms/token", "remark");
    for (size_t i = 0; i < row->stages; i++) {
        const struct sums next = sum_with(&sum, &row->component[i]);
        add_line(t, in, row, &row->component[i], &sum, &next, "");
        sum = next;
    }
    const struct sums total = sum_with(&zero, &row->total), kernel = sum_with(&zero, &row->kernel);
    add_line(t, in, row, &row->total, &zero, &total, "sum of the components: the last prefix");
    add_line(t, in, row, &row->kernel, &zero, &kernel, "the plain kernel, timed beside the prefixes");
    add_line(t, in, row, &row->difference, &total, &kernel,
             row->same_code ? "kernel less total, which are the same code: noise" : "kernel less total");
}

/* The roadmap's table: components by variants. "123.4 (720)": measured and claimed. */
static void add_overview(struct report_table *t, const struct report_breakdown_input *in, size_t first,
                         size_t end)
{
    const struct bench_breakdown_row *rows = in->bd->rows, *shown[REPORT_COLUMNS_MAX];
    double sum[REPORT_COLUMNS_MAX] = {0};
    size_t count = 0;
    char head[120];
    for (size_t i = first; i < end && count + 1 < REPORT_COLUMNS_MAX; i++)
        if (rows[i].status == BENCH_OK)
            shown[count++] = &rows[i];
    report_table_title(t, "%s, shape %s: ms per token%s", rows[first].variant->op_name, rows[first].shape,
                       in->claims ? " (claimed)" : "");
    report_table_column(t, "component", false, false);
    for (size_t i = 0; i < count; i++) {
        snprintf(head, sizeof head, "%s\nphase %s", shown[i]->variant->name, shown[i]->variant->phase);
        report_table_column(t, head, true, false);
    }
    for (size_t k = 0; count && k <= shown[0]->stages; k++) {
        for (size_t i = 0; i < count; i++) {
            const struct bench_breakdown_row *row = shown[i];
            const struct bench_part *part = k < row->stages ? &row->component[k] : &row->total;
            const double claimed = claimed_ms(in, row, part->name);
            const int decimals = decimals_for(row->total.ms_per_token.value, 4);
            char measured[40] = "not resolved", beside[24] = "";
            if (!i)
                report_table_cell(t, "%s", part->name);
            const double from = k < row->stages ? sum[i] : 0;
            sum[i] = from + part->ms_per_token.value;
            if (part->resolved)
                snprintf(measured, sizeof measured, "%.*f", decimals, step(sum[i], from, decimals));
            if (!isnan(claimed))
                snprintf(beside, sizeof beside, " (%.0f)", claimed);
            report_table_cell(t, "%s%s", measured, beside);
        }
    }
    if (in->claims && !strcmp(rows[first].variant->op_name, in->claims->claims.op))
        report_table_note(t, "the source knows no store; its loop overhead stands beside loop, which is loop "
                             "control and loads");
}

static void add_gains(struct report_table *t, const struct baseline_components *c)
{
    report_table_title(t, "Claimed gains: %zu confirmed, %zu refuted, %zu not resolved",
                       c->verdicts[BASELINE_CONFIRMED], c->verdicts[BASELINE_REFUTED],
                       c->verdicts[BASELINE_NOT_RESOLVED]);
    report_table_columns(t, "wwllrlwl", "shape", "claim", "component", "of phase", "claimed", "measured",
                         "of variant", "verdict");
    for (size_t i = 0; i < c->count; i++) {
        const struct baseline_gain_row *row = &c->rows[i];
        const size_t note = *row->why ? report_table_note(t, "no ratio: %s", row->why) : 0;
        report_table_texts(t, row->shape, row->claim.name, row->claim.stage, NULL);
        report_table_cell(t, "%s over %s", row->claim.gain_phase, row->claim.gain_over);
        report_table_cell(t, "%.2fx", row->claim.gain);
        report_add_ratio(t, &row->measured, note);
        if (*row->before)
            report_table_cell(t, "%s over %s", row->after, row->before);
        else
            report_table_cell(t, "%s", row->after);
        report_table_cell(t, "%s", baseline_audit_words[row->verdict]);
    }
}

static void add_unmeasured(struct report_table *t, const struct bench_breakdown *bd)
{
    report_table_title(t, "Not measured");
    report_table_columns(t, "wlw", "case", "", "reason");
    for (size_t i = 0; i < bd->count; i++) {
        char name[BENCH_NAME_MAX];
        if (bd->rows[i].status == BENCH_OK)
            continue;
        report_table_texts(t, bench_breakdown_name(&bd->rows[i], name, sizeof name),
                           bd->rows[i].status == BENCH_SKIP ? "skipped" : "error", bd->rows[i].reason, NULL);
    }
}

static int write_all(const struct report_breakdown_input *in, report_render *write, FILE *to,
                     struct qk_error *err)
{
    const struct bench_breakdown *bd = in->bd;
    struct report_tables all = {0};
    add_facts(report_tables_add(&all), in);
    for (size_t first = 0; first < bd->count; first = bench_breakdown_group_end(bd, first))
        add_overview(report_tables_add(&all), in, first, bench_breakdown_group_end(bd, first));
    for (size_t first = 0; first < bd->count; first = bench_breakdown_group_end(bd, first))
        for (size_t n = 0; report_breakdown_counted(report_tables_add(&all), bd, first, n); n++)
            continue;
    for (size_t i = 0; i < bd->count; i++)
        if (bd->rows[i].status == BENCH_OK)
            add_row(report_tables_add(&all), in, &bd->rows[i]);
    if (in->claims)
        add_gains(report_tables_add(&all), in->claims);
    add_unmeasured(report_tables_add(&all), bd);
    return report_tables_write(&all, false, write, "the breakdown", to, err);
}

int report_breakdown_text(const struct report_breakdown_input *in, FILE *to, struct qk_error *err)
{
    return write_all(in, report_table_text, to, err);
}

int report_breakdown_markdown(const struct report_breakdown_input *in, FILE *to, struct qk_error *err)
{
    return write_all(in, report_table_markdown, to, err);
}
