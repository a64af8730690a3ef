/* SPDX-License-Identifier: MIT */
#include "reports/text/ceilings.h"

#include "reports/text/table.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const enum qk_isa columns[] = {QK_ISA_BASE, QK_ISA_AVX2, QK_ISA_AVX512};
enum { COLUMNS = sizeof columns / sizeof *columns };

static size_t fewest_repetitions(const struct bench_ceilings *c, size_t *most)
{
    size_t fewest = SIZE_MAX;
    *most = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].repetitions) {
            fewest = c->rows[i].repetitions < fewest ? c->rows[i].repetitions : fewest;
            *most = c->rows[i].repetitions > *most ? c->rows[i].repetitions : *most;
        }
    return *most ? fewest : 0;
}

/*
 * The largest spread of a level, by one thread and by all. What does not fit the caches counts as memory's.
 */
static void add_spreads(struct report_table *t, const struct bench_ceilings *c)
{
    double most[BENCH_DRAM + 1];
    char text[160] = "";
    for (int level = 0; level <= BENCH_DRAM; level++)
        most[level] = NAN;
    for (size_t i = 0; i < c->count; i++) {
        const bool past = c->rows[i].loop->kind == BENCH_CEILING_nt_write;
        const int level = past ? BENCH_DRAM : c->rows[i].level;
        most[level] = fmax(most[level], c->rows[i].spread);
    }
    for (int level = 0; level <= BENCH_DRAM; level++)
        if (!isnan(most[level]))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %.1f %%", *text ? ", " : "",
                     bench_ceiling_levels[level], 100 * most[level]);
    report_table_cell(t, "spread");
    if (*text)
        report_table_cell(t, "at most, between the three thirds of the run: %s", text);
    else
        report_table_cell(t, "- (not known)");
}

static void add_facts(struct report_table *t, const struct bench_ceilings *c, bool stored)
{
    report_table_facts(t);
    report_table_title(t, "qkbench %s ceilings", c->env.version);
    report_table_fact(t, "machine", "%s, fingerprint %s", *c->env.cpu_name ? c->env.cpu_name : "unknown",
                      c->env.fingerprint);
    report_table_fact(t, "date", "%s%s", c->env.date, stored ? ", stored then; --fresh measures anew" : "");
    report_table_fact(t, "mode", "%s, %.1f s, seed %llu; one thread on CPU %d, or one on each of %d CPUs",
                      c->quick ? "quick: not for quoting" : "full", c->seconds, (unsigned long long)c->seed,
                      c->cpu, c->threads);
    if (isnan(c->clock_ghz))
        report_table_fact(t, "core clock", "- (%s)", c->clock_why);
    else
        report_table_fact(t, "core clock", "%.3f GHz, fastest %.3f GHz, estimated beside the rounds",
                          c->clock_ghz, c->clock_best);
    if (c->dropped_repetitions)
        report_table_fact(t, "clock", "repetitions dropped because it stood still or went back: %llu",
                          (unsigned long long)c->dropped_repetitions);
    report_table_cell(t, "timer step");
    report_table_number(t, c->timer_step_ns, "%.1f ns, the smallest that was seen", c->timer_step_ns);
    report_table_cell(t, "timer cost");
    report_table_number(t, c->timer_cost_ns, "%.1f ns a call", c->timer_cost_ns);
    report_table_cell(t, "pages");
    if (isnan(c->huge_share))
        report_table_cell(
            t, "caches: as the system gives them; DRAM: huge ones asked for, what came of it is not known");
    else
        report_table_cell(t, "caches: as the system gives them; DRAM: huge ones asked for, %.0f %% are",
                          100 * c->huge_share);
    size_t most;
    const size_t fewest = fewest_repetitions(c, &most);
    report_table_fact(t, "numbers",
                      "fastest of %zu to %zu repetitions, their median in brackets; GB = 1e9 bytes, a copy "
                      "counts both ways",
                      fewest, most);
    add_spreads(t, c);
}

static void add_best(struct report_table *t, const struct bench_ceiling *row, int decimals)
{
    if (!row)
        report_table_cell(t, "-");
    else if (isnan(row->best))
        report_table_cell(t, "- [%zu]", report_table_note(t, "%s", row->reason));
    else
        report_table_cell(t, "%.*f (%.*f)", decimals, row->best, decimals, row->median);
}

static bool same_line(const struct bench_ceiling *a, const struct bench_ceiling *b)
{
    return a->loop->kind == b->loop->kind && a->level == b->level && a->threads == b->threads;
}

static void add_bytes(struct report_table *t, size_t bytes)
{
    if (!bytes)
        report_table_cell(t, "-");
    else if (bytes >> 20)
        report_table_cell(t, "%.4g MiB", (double)bytes / 1048576);
    else
        report_table_cell(t, "%.4g KiB", (double)bytes / 1024);
}

static void add_bandwidths(struct report_table *t, const struct bench_ceilings *c)
{
    report_table_title(t, "Bandwidth, GB/s");
    report_table_columns(t, "llrr", "of", "in", "threads", "bytes each");
    for (int k = 0; k < COLUMNS; k++)
        report_table_column(t, qk_isa_row(columns[k])->name, true, false);
    for (size_t first = 0, end; first < c->count; first = end) {
        const struct bench_ceiling *row = &c->rows[first], *cell[COLUMNS] = {NULL};
        for (end = first; end < c->count && same_line(row, &c->rows[end]); end++)
            for (int k = 0; k < COLUMNS; k++)
                if (c->rows[end].loop->isa == columns[k])
                    cell[k] = &c->rows[end];
        if (row->level == BENCH_REGISTERS)
            continue;
        report_table_texts(t, bench_ceiling_kind_words[row->loop->kind], bench_ceiling_levels[row->level],
                           NULL);
        report_table_cell(t, "%d", row->threads);
        add_bytes(t, row->bytes);
        for (int k = 0; k < COLUMNS; k++)
            add_best(t, cell[k], 1);
    }
}

static void add_peaks(struct report_table *t, const struct bench_ceilings *c)
{
    report_table_title(t, "Peaks of one core");
    report_table_columns(t, "lllrrrrr", "of", "isa", "instruction", "per ns", "GHz", "per\ncycle",
                         "operations\neach", "Gop/s");
    for (size_t i = 0; i < c->count; i++) {
        const struct bench_ceiling *row = &c->rows[i];
        const int decimals = row->best < 1 ? 4 : 2;
        if (row->level != BENCH_REGISTERS)
            continue;
        report_table_texts(t, bench_ceiling_kind_words[row->loop->kind], qk_isa_row(row->loop->isa)->name,
                           NULL);
        report_table_cell(t, "%s %s", row->loop->instruction, row->loop->registers);
        add_best(t, row, decimals);
        report_table_number(t, bench_ceiling_ghz(row), "%.2f", bench_ceiling_ghz(row));
        report_table_number(t, row->per_cycle, "%.*f", decimals, row->per_cycle);
        report_table_cell(t, "%.0f", row->loop->ops);
        report_table_number(t, row->best, "%.1f", row->best * row->loop->ops);
    }
}

int report_ceilings_text(const struct bench_ceilings *c, bool stored, FILE *to, struct qk_error *err)
{
    struct report_tables all = {0};
    add_facts(report_tables_add(&all), c, stored);
    add_bandwidths(report_tables_add(&all), c);
    add_peaks(report_tables_add(&all), c);
    return report_tables_write(&all, true, report_table_text, "the ceilings", to, err);
}
