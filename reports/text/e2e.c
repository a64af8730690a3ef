/* SPDX-License-Identifier: MIT */
#include "reports/text/e2e.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Four digits, all of those before the point. */
static const char *number(double x, char to[32])
{
    snprintf(to, 32, fabs(x) >= 1000 ? "%.0f" : "%.4g", x);
    return to;
}

static void add_interval(struct report_table *t, const struct bench_interval *i, double factor,
                         const char *unit)
{
    char value[32], low[32], high[32];
    number(i->value * factor, value);
    if (isnan(i->low) || isnan(i->high))
        report_table_cell(t, "%s%s", value, unit);
    else
        report_table_cell(t, "%s%s [%s, %s]", value, unit, number(i->low * factor, low),
                          number(i->high * factor, high));
}

/* Tokens per second: the ends change places. */
static void add_speed(struct report_table *t, const struct bench_interval *ns)
{
    const struct bench_interval speed = {1e9 / ns->value, 1e9 / ns->high, 1e9 / ns->low};
    add_interval(t, &speed, 1, "");
}

static void add_share(struct report_table *t, const struct bench_e2e_row *row)
{
    if (isnan(row->fraction_of_ceiling))
        report_table_cell(t, "- [%zu]", report_table_note(t, "%s", row->ceiling_why));
    else if (*row->invalid)
        report_table_cell(t, "%.1f %% INVALID [%zu]", 100 * row->fraction_of_ceiling,
                          report_table_note(t, "INVALID: %s", row->invalid));
    else
        report_table_cell(t, "%.1f %%", 100 * row->fraction_of_ceiling);
}

enum { KERNELS = 240 };

/* The set, and a head that is not the full one. Returns `to`. */
static const char *kernels(const struct bench_e2e_row *row, char to[KERNELS])
{
    if (!*row->head || !strcmp(row->head, "full"))
        snprintf(to, KERNELS, "%s", row->kernels);
    else
        snprintf(to, KERNELS, "%s, %s head%s", row->kernels, row->head,
                 strcmp(row->head, "i8") ? "" : ", not exact");
    return to;
}

/* The same, and what such a head read. */
static void add_kernels(struct report_table *t, const struct bench_e2e_row *row)
{
    char name[KERNELS];
    kernels(row, name);
    if (row->generate && strcmp(name, row->kernels) != 0)
        report_table_cell(
            t, "%s [%zu]", name,
            report_table_note(
                t, "%.1f rows of the head computed beside its copy, %.1f MB of weights read a token",
                row->head_rows, (double)row->bytes_per_token * 1e-6));
    else
        report_table_cell(t, "%s", name);
}

static void add_rows(struct report_table *t, const struct bench_e2e *e)
{
    char test[BENCH_E2E_TEST], gbs[32];
    report_table_columns(t, "lrrlrrrrrlrr", "model", "size", "params", "backend", "threads", "test", "t/s",
                         "GB/s", "ms/token", "kernels", "speed-up", "of read ceiling");
    for (size_t i = 0; i < e->count; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        report_table_cell(t, "%s", e->model_type);
        report_table_cell(t, "%.2f MiB", (double)e->model_bytes / 1048576);
        report_table_cell(t, "%.2f M", (double)e->model_parameters * 1e-6);
        report_table_cell(t, "CPU");
        report_table_cell(t, "%zu", row->threads);
        report_table_cell(t, "%s", bench_e2e_test(row, test));
        add_speed(t, &row->ns_per_token);
        report_table_cell(t, "%s", isnan(row->read_gbs) ? "-" : number(row->read_gbs, gbs));
        add_interval(t, &row->ns_per_token, 1e-6, "");
        add_kernels(t, row);
        add_interval(t, &row->speedup, 1, "x");
        add_share(t, row);
    }
}

/* How long a user waits: for the first token, and for each of the others. */
static void add_latency(struct report_table *t, const struct bench_e2e *e)
{
    char test[BENCH_E2E_TEST], ms[32], name[KERNELS];
    size_t samples = 0;
    report_table_title(t, "How long a token takes, ms");
    report_table_columns(t, "rrlrrrr", "threads", "test", "kernels", "first token", "p50", "p95", "p99");
    for (size_t i = 0; i < e->count; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        if (isnan(row->first_token_ns.value) && isnan(row->token_percentile_ns[0]))
            continue;
        report_table_cell(t, "%zu", row->threads);
        report_table_cell(t, "%s", bench_e2e_test(row, test));
        report_table_cell(t, "%s", kernels(row, name));
        if (isnan(row->first_token_ns.value))
            report_table_cell(t, "-");
        else
            add_interval(t, &row->first_token_ns, 1e-6, "");
        for (size_t p = 0; p < BENCH_E2E_PERCENTILES; p++)
            report_table_cell(
                t, "%s",
                isnan(row->token_percentile_ns[p]) ? "-" : number(row->token_percentile_ns[p] * 1e-6, ms));
        samples = row->token_count ? row->token_count : samples;
    }
    if (samples && samples < 100)
        report_table_note(t, "Percentiles are of %zu tokens: the p99 is the slowest of them.", samples);
}

/* A part that is done within others takes no time of its own. */
static bool takes_time(const struct bench_e2e *e, size_t columns, size_t part)
{
    size_t i = 0;
    while (i < columns && !(e->rows[i].components_ns[part] > 0))
        i++;
    return i < columns;
}

/* A column per row of the above, as many as a table holds. */
static void add_components(struct report_table *t, const struct bench_e2e *e)
{
    const size_t columns = e->count < REPORT_COLUMNS_MAX - 1 ? e->count : REPORT_COLUMNS_MAX - 1;
    char head[240], test[BENCH_E2E_TEST];
    report_table_title(t, "What a token's time is made of, ms");
    report_table_column(t, "part", false, false);
    for (size_t i = 0; i < columns; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        snprintf(head, sizeof head, "%s%s%s\n%s, %zu", row->kernels, *row->head ? ", " : "", row->head,
                 bench_e2e_test(row, test), row->threads);
        report_table_column(t, head, true, false);
    }
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++) {
        if (!takes_time(e, columns, p))
            continue;
        report_table_cell(t, "%s", bench_e2e_part(p));
        for (size_t i = 0; i < columns; i++)
            report_table_cell(t, "%.4f", e->rows[i].components_ns[p] * 1e-6);
    }
    if (columns < e->count)
        report_table_note(t, "%zu more rows are in the JSON", e->count - columns);
}

static void add_load(struct report_table *t, const struct bench_e2e *e)
{
    const struct bench_e2e_load *l = &e->load;
    char open[32], repack[32], head[32];
    if (!l->open_ns)
        return;
    report_table_fact(t, "loading", "%s s to open the model, %s s to repack it%s%s%s",
                      number((double)l->open_ns * 1e-9, open), number((double)l->repack_ns * 1e-9, repack),
                      l->head_ns ? ", " : "", l->head_ns ? number((double)l->head_ns * 1e-9, head) : "",
                      l->head_ns ? " s for the head's copy" : "");
}

static void add_memory(struct report_table *t, const struct bench_e2e *e)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < e->count; i++)
        largest = e->rows[i].cache_bytes > largest ? e->rows[i].cache_bytes : largest;
    report_table_fact(t, "memory", "%.1f MB at most, of all sets together", (double)e->peak_rss_bytes * 1e-6);
    if (e->load.rss_bytes)
        report_table_fact(t, "after loading", "%.1f MB; %.1f MB of the file's weights stay in use",
                          (double)e->load.rss_bytes * 1e-6, (double)e->kept_bytes * 1e-6);
    report_table_fact(t, "copies", "%.1f MB interleaved, %.1f MB QK256, %.1f MB of the head",
                      (double)e->i2s16_bytes * 1e-6, (double)e->qk256_bytes * 1e-6,
                      (double)e->head_bytes * 1e-6);
    if (largest)
        report_table_fact(t, "cache", "%.1f MB of keys and values at the end of the longest test",
                          (double)largest * 1e-6);
}

/* Each number of threads once. */
static void add_ceilings(struct report_table *t, const struct bench_e2e *e)
{
    char text[256] = "", before[32], after[32];
    for (size_t i = 0; i < e->count; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        size_t k = 0;
        while (e->rows[k].threads != row->threads)
            k++;
        const size_t used = strlen(text);
        if (k == i && !isnan(row->read_ceiling_gbs) && used < sizeof text - 100)
            snprintf(text + used, sizeof text - used, "%s%s and %s (%zu thread%s)", used ? ", " : "",
                     isnan(row->read.before) ? "-" : number(row->read.before, before),
                     isnan(row->read.after) ? "-" : number(row->read.after, after), row->threads,
                     row->threads == 1 ? "" : "s");
    }
    if (*text)
        report_table_fact(t, "read ceiling", "GB/s before and after: %s; the larger counts", text);
}

static void add_facts(struct report_table *t, const struct bench_e2e *e)
{
    report_table_facts(t);
    report_table_title(t, "qkbench %s, whole model", e->env.version);
    report_table_fact(t, "machine", "%s, fingerprint %s", *e->env.cpu_name ? e->env.cpu_name : "unknown",
                      e->env.fingerprint);
    report_table_fact(t, "model", "%s: %s, %zu layers; %.1f MB read per token", e->model, e->model_type,
                      e->layers, (double)e->bytes_per_token * 1e-6);
    add_load(t, e);
    add_memory(t, e);
    add_ceilings(t, e);
    if (e->count && e->rows[0].peer.count) {
        const struct bench_e2e_peer *p = &e->rows[0].peer;
        report_table_fact(t, "peer", "%s: build %s, %s, %s", p->backends, p->build, p->model, p->model_type);
    }
    report_table_fact(t, "rounding", "cache %s, head's input %s", e->kv_f16 ? "f16" : "f32",
                      model_input_names[e->head_input]);
    if (e->dropped.count)
        report_table_fact(t, "clock", "tests done again: %llu; the first: %s",
                          (unsigned long long)e->dropped.count, e->dropped.why);
    report_table_cell(t, "repetitions");
    if (e->level > 0)
        report_table_cell(
            t, "%zu, order and tokens from seed %llu; medians, %.4g %% sign-test intervals in brackets",
            e->rows[0].repetitions, (unsigned long long)e->seed, 100 * e->level);
    else
        report_table_cell(t, "one, which gives no intervals; order and tokens from seed %llu",
                          (unsigned long long)e->seed);
}

static void add_claim(struct report_table *t, double claim, const char *unit, bool target)
{
    report_table_number(t, claim, "%s%.4g%s", target ? "target " : "", claim, unit);
}

static void add_ladder(struct report_table *t, const struct bench_e2e *e,
                       const struct baseline_e2e_audit *audit)
{
    char head[64], text[32];
    report_table_title(t, "End to end, beside the claims (which are of a whole 2B model)");
    report_table_columns(t, "llrrrrrl", "kernels", "phase", "thr.", "ms per\ntoken", "tokens\nper s",
                         "speed-up", "claimed", "verdict");
    snprintf(head, sizeof head, "%llu tokens,\ns", (unsigned long long)audit->tokens);
    report_table_column(t, head, true, false);
    report_table_column(t, "claimed,\ns", true, false);
    snprintf(head, sizeof head, "within\n%g s", audit->limit_s);
    report_table_column(t, head, false, false);
    for (size_t i = 0; i < audit->count; i++) {
        const struct baseline_e2e_row *a = &audit->rows[i];
        if (a->row->depth)
            report_table_cell(t, "%s @ d%zu", a->row->kernels, a->row->depth);
        else
            report_table_cell(t, "%s", a->row->kernels);
        report_table_texts(t, a->row->phase, NULL);
        report_table_cell(t, "%zu", a->row->threads);
        report_table_cell(t, "%s", number(a->row->ns_per_token.value * 1e-6, text));
        report_table_cell(t, "%s", number(1e9 / a->row->ns_per_token.value, text));
        add_interval(t, &a->row->speedup, 1, "x");
        add_claim(t, a->claimed_ratio, "x", a->target);
        report_table_cell(t, "%s", a->judged ? baseline_audit_words[a->verdict] : "-");
        report_table_cell(t, "%s", number(a->seconds, text));
        add_claim(t, a->claimed_s, "", a->target);
        report_table_cell(t, "%s", a->within ? "yes" : "no");
    }
    if (e->model_parameters < 2000000000)
        report_table_note(
            t,
            "This model has %.1f million parameters, that of the claims about 2400: the seconds are "
            "not its, and a speed-up depends on the share that the ternary matrices have.",
            (double)e->model_parameters * 1e-6);
    if (e->level > 0 && e->level < 0.95)
        report_table_note(
            t, "Intervals hold with %.4g %%; for 95 %%, and verdicts, 6 repetitions (-r 6) are needed.",
            100 * e->level);
}

/* Beside another program: our rows, each with the peer's. */
static void add_peer(struct report_table *t, const struct bench_e2e *e)
{
    char test[BENCH_E2E_TEST], name[KERNELS];
    report_table_title(t, "Tokens a second, in turns with %s", e->rows[0].peer.command);
    report_table_columns(t, "rrlrrr", "threads", "test", "kernels", "qkbench", "peer", "qkbench / peer");
    for (size_t i = 0; i < e->count; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        report_table_cell(t, "%zu", row->threads);
        report_table_cell(t, "%s", bench_e2e_test(row, test));
        report_table_cell(t, "%s", kernels(row, name));
        add_speed(t, &row->ns_per_token);
        add_speed(t, &row->peer.ns_per_token);
        add_interval(t, &row->peer.ratio, 1, "x");
    }
    for (size_t i = 0; i < e->count; i++)
        if (*e->rows[i].invalid)
            report_table_note(t, "INVALID: %s, %zu thread%s: %s", bench_e2e_test(&e->rows[i], test),
                              e->rows[i].threads, e->rows[i].threads == 1 ? "" : "s", e->rows[i].invalid);
}

static const char what[] = "the tables of a model";

int report_e2e_markdown(const struct bench_e2e *e, FILE *to, struct qk_error *err)
{
    struct report_tables all = {0};
    if (e->count && e->rows[0].peer.count) {
        add_peer(report_tables_add(&all), e);
    } else {
        add_rows(report_tables_add(&all), e);
        add_latency(report_tables_add(&all), e);
        add_components(report_tables_add(&all), e);
    }
    add_facts(report_tables_add(&all), e);
    return report_tables_write(&all, true, report_table_markdown, what, to, err);
}

void report_add_e2e(struct report_tables *all, const struct bench_e2e *e,
                    const struct baseline_e2e_audit *audit)
{
    add_facts(report_tables_add(all), e);
    add_ladder(report_tables_add(all), e, audit);
    add_components(report_tables_add(all), e);
}

int report_e2e_ladder(const struct bench_e2e *e, const struct baseline_e2e_audit *audit, FILE *to,
                      bool markdown, struct qk_error *err)
{
    struct report_tables all = {0};
    report_add_e2e(&all, e, audit);
    return report_tables_write(&all, true, markdown ? report_table_markdown : report_table_text, what, to,
                               err);
}
