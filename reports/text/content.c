/* SPDX-License-Identifier: MIT */
#include "reports/text/content.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a row has columns of. */
enum { CYCLES = 1, FIGURES = 4 };

static double figure(const struct bench_summary_row *row, int which)
{
    return (const double[]){row->ns, row->cycles_per_element, row->gelem_s, row->gb_s}[which];
}

/* Decimals that leave the smallest number of a column three digits, so that its points line up. */
static int decimals_of(const struct bench_summary_row *rows, size_t count, int which)
{
    double least = INFINITY;
    for (size_t i = 0; i < count; i++)
        if (figure(&rows[i], which) > 0)
            least = fmin(least, figure(&rows[i], which));
    for (int decimals = 4; decimals > 0; decimals--)
        if (least < pow(10, 3 - decimals))
            return decimals;
    return 0;
}

/* why: of a number that is not there. */
static void add_number(struct report_table *t, double x, int decimals, const char *why)
{
    if (isfinite(x))
        report_table_cell(t, "%.*f", decimals, x);
    else
        report_table_cell(t, "- [%zu]", report_table_note(t, "no number: %s", why));
}

const char *report_ratio(char to[REPORT_RATIO], const struct bench_interval *r)
{
    const double largest = isfinite(r->high) ? r->high : r->value;
    const int decimals = largest < 9.9995 ? 3 : largest < 99.995 ? 2 : 1;
    if (!isfinite(r->value))
        strcpy(to, "-");
    else if (!isfinite(r->low) || !isfinite(r->high))
        snprintf(to, REPORT_RATIO, "%.*fx -", decimals, r->value);
    else
        snprintf(to, REPORT_RATIO, "%.*fx [%.*f, %.*f]", decimals, r->value, decimals, r->low, decimals,
                 r->high);
    return to;
}

void report_add_ratio(struct report_table *t, const struct bench_interval *r, size_t note)
{
    char text[REPORT_RATIO];
    if (note)
        report_table_cell(t, "%s [%zu]", report_ratio(text, r), note);
    else
        report_table_cell(t, "%s", report_ratio(text, r));
}

static const char *or_unknown(const char *text)
{
    return *text ? text : "unknown";
}

static const struct bench_metric *share_of(const struct bench_record *rec)
{
    return bench_record_metric(rec, "percent_of_ceiling");
}

/* Without ceilings no record has a share of them, and one line says so for all. */
static bool has_shares(const struct bench_sample_set *set)
{
    bool any = set->record_count == 0;
    for (size_t i = 0; i < set->record_count; i++)
        any |= share_of(&set->records[i]) != NULL;
    return any;
}

/* What the figures hold that is no kernel's: the loop around the calls, and the clock. */
static void add_overhead(struct report_table *t, const struct bench_sample_set *set)
{
    double least = INFINITY, most = 0, share = 0;
    for (size_t i = 0; i < set->record_count; i++) {
        const struct bench_record *rec = &set->records[i];
        const struct bench_metric *loop = bench_record_metric(rec, "call_loop_ns");
        if (loop) {
            least = fmin(least, loop->value);
            most = fmax(most, loop->value);
        }
        for (size_t k = 0; rec->block_count && k < rec->blocks[0].slices; k++)
            share = fmax(share, set->timer_ns / (rec->blocks[0].samples_ns[k] * (double)rec->calls));
    }
    if (isfinite(least))
        report_table_fact(
            t, "overhead",
            "a call of an empty function in the same rounds takes %.2f to %.2f ns; reading the clock "
            "takes %.0f ns, at most %.2g %% of a slice",
            least, most, set->timer_ns, 100 * share);
}

static void add_facts(struct report_table *t, const struct report_input *in)
{
    const struct bench_sample_set *set = in->set;
    const struct bench_environment *env = &set->env;
    report_table_facts(t);
    report_table_title(t, "qkbench %s", or_unknown(env->version));
    report_table_fact(t, "machine", "%s, %d logical CPUs, virtualised: %s", or_unknown(env->cpu_name),
                      env->cpus, or_unknown(env->virtualised));
    report_table_fact(t, "ISA levels", "%s", env->isa_levels);
    report_table_fact(t, "pinned to", "CPU %d", set->cpu);
    if (isfinite(set->clock_ghz))
        report_table_fact(t, "core clock", "%.2f GHz, estimated beside the samples", set->clock_ghz);
    else
        report_table_fact(t, "core clock", "- (%s)", or_unknown(set->clock_why));
    report_table_fact(t, "compiler", "%s", env->compiler);
    report_table_fact(t, "commit", "%s", env->commit);
    report_table_fact(t, "date", "%s", env->date);
    for (size_t i = 0; i < env->library_count; i++) {
        const struct bench_library *const lib = &env->libraries[i];
        report_table_fact(t, "library", "%s: %s, version %s, build id %.12s", lib->name, lib->path,
                          or_unknown(lib->version), or_unknown(lib->build_id));
    }
    report_table_fact(t, "mode", "%s, shapes: %s, seed %llu", set->quick ? "quick: not for quoting" : "full",
                      or_unknown(set->source), (unsigned long long)set->seed);
    report_table_fact(t, "ratios",
                      "above 1 is faster; paired by round, median of blocks, 95 %% interval in brackets; "
                      "no step outside the ladder");
    add_overhead(t, set);
    report_add_counter_facts(t, in);
    if (!has_shares(set))
        report_table_fact(t, "ceilings", "none stored: run qkbench ceilings");
    if (in->no_plot)
        report_table_fact(t, "plot", "none: %s", in->no_plot);
}

/* "12 blocks x 40 slices" of the group's ok rows, which have equally many. */
static void add_group_title(struct report_table *t, const struct bench_summary_row *rows, size_t count)
{
    const struct bench_record *rec = rows[0].rec;
    for (size_t i = 0; i < count; i++) {
        const struct bench_record *ok = rows[i].rec;
        if (ok->status != BENCH_OK || ok->block_count == 0)
            continue;
        size_t fewest = ok->blocks[0].slices, most = fewest;
        for (size_t b = 1; b < ok->block_count; b++) {
            fewest = ok->blocks[b].slices < fewest ? ok->blocks[b].slices : fewest;
            most = ok->blocks[b].slices > most ? ok->blocks[b].slices : most;
        }
        if (fewest == most)
            report_table_title(t, "%s, shape %s (%zu blocks x %zu slices)", rec->op, rec->shape,
                               ok->block_count, most);
        else
            report_table_title(t, "%s, shape %s (%zu blocks x %zu to %zu slices)", rec->op, rec->shape,
                               ok->block_count, fewest, most);
        return;
    }
    report_table_title(t, "%s, shape %s (nothing measured)", rec->op, rec->shape);
}

/* The note a missing interval or ratio needs; 0 when it needs none. */
static size_t note_ratio(struct report_table *t, const struct bench_summary_row *row,
                         const struct bench_interval *ratio)
{
    if (!isfinite(ratio->value))
        return report_table_note(t, "no ratio: the row it would be over was not measured");
    if (!isfinite(ratio->low) || !isfinite(ratio->high))
        return report_table_note(t, "no interval: %zu blocks are too few for 95 %%", row->rec->block_count);
    return 0;
}

static void add_stopped_row(struct report_table *t, const struct bench_record *rec)
{
    const bool skip = rec->status == BENCH_SKIP;
    const size_t note =
        report_table_note(t, "%s: %s", skip ? "skipped" : "error", rec->reason ? rec->reason : "-");
    for (int i = 0; i < 5; i++)
        report_table_cell(t, "-");
    report_table_cell(t, "%s [%zu]", skip ? "skipped" : "error", note);
    report_table_cell(t, "-");
}

/*
 * What 100 % is: the same for all rows of a group, so that the head refers to it. 0 when no row has a share.
 */
static size_t note_ceiling(struct report_table *t, const struct bench_summary_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bench_metric *share = share_of(rows[i].rec);
        if (share && share->value <= 100 && share->reason)
            return report_table_note(t, "%s", share->reason);
    }
    return 0;
}

/* More than 100 % needs its own explanation, which the harness gives. */
static void add_share(struct report_table *t, const struct bench_metric *share)
{
    if (!share)
        report_table_cell(t, "-");
    else if (!isfinite(share->value))
        report_table_cell(t, "- [%zu]", report_table_note(t, "no share: %s", share->reason));
    else if (share->value > 100 && share->reason)
        report_table_cell(t, "%.1f [%zu]", share->value, report_table_note(t, "%s", share->reason));
    else
        report_table_cell(t, "%.1f", share->value);
}

/*
 * A step is over the row of the phase before, which the table shows; where that one was not measured and the
 * step is over an earlier one, a note says so.
 */
static void add_step(struct report_table *t, const struct bench_summary_row *rows, size_t i)
{
    const struct bench_summary_row *row = &rows[i];
    size_t note = row->previous ? note_ratio(t, row, &row->step) : 0;
    size_t before = i;
    while (row->previous && before-- > 0 && strcmp(rows[before].rec->phase, "-") == 0)
        continue;
    if (row->previous && !note && before < i && strcmp(rows[before].rec->variant, row->previous) != 0)
        note = report_table_note(t, "over %s: what lies between was not measured", row->previous);
    report_add_ratio(t, &row->step, note);
}

static void add_group(struct report_table *t, const struct report_input *in, size_t first, size_t end)
{
    const struct bench_summary_row *rows = in->summary->rows + first;
    const size_t count = end - first;
    const char *const no_clock = isfinite(in->set->clock_ghz)
                                     ? "no core clock was estimated beside these samples"
                                     : or_unknown(in->set->clock_why);
    const char *reference = "the reference";
    char head[120];
    add_group_title(t, rows, count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].rec->reference)
            reference = rows[i].rec->variant;
    report_table_columns(t, "wllrrrr", "variant", "isa", "phase", "ns", "estimated\ncyc/elem", "Gelem/s",
                         "GB/s");
    const size_t ceiling = note_ceiling(t, rows, count);
    int decimals[FIGURES];
    for (int k = 0; k < FIGURES; k++)
        decimals[k] = decimals_of(rows, count, k);
    snprintf(head, sizeof head, "%% of\nceiling");
    if (ceiling)
        snprintf(head, sizeof head, "%% of [%zu]\nceiling", ceiling);
    report_table_column(t, head, true, false);
    snprintf(head, sizeof head, "speed-up over\n%s", reference);
    report_table_column(t, head, false, false);
    report_table_column(t, "step over the\nprevious phase", false, false);
    for (size_t i = 0; i < count; i++) {
        const struct bench_record *rec = rows[i].rec;
        report_table_texts(t, rec->variant, rec->isa, rec->phase, NULL);
        if (rec->status != BENCH_OK) {
            add_stopped_row(t, rec);
            continue;
        }
        for (int k = 0; k < FIGURES; k++)
            add_number(t, figure(&rows[i], k), decimals[k], k == CYCLES ? no_clock : "not known");
        add_share(t, share_of(rec));
        if (rec->reference)
            report_table_cell(t, "1");
        else
            report_add_ratio(t, &rows[i].speedup, note_ratio(t, &rows[i], &rows[i].speedup));
        add_step(t, rows, i);
    }
}

void report_add_content(struct report_tables *all, const struct report_input *in)
{
    struct report_metrics m;
    add_facts(report_tables_add(all), in);
    for (size_t first = 0, end; first < in->summary->count; first = end) {
        end = bench_summary_group_end(in->summary, first);
        add_group(report_tables_add(all), in, first, end);
        report_metrics_find(&m, in->summary, first, end);
        for (size_t i = 0; i < m.tables; i++)
            report_add_metrics(report_tables_add(all), in->summary, first, end, &m, i);
    }
}
