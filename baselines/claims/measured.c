/* SPDX-License-Identifier: MIT */
#include "baselines/claims/measured.h"

#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double LEVEL = 0.95;
static const struct bench_interval NOTHING = {NAN, NAN, NAN};

struct maker {
    struct baseline_audit *audit;
    const struct baseline_claim *claim;
    const struct baseline_audit_input *all; /* with the ceilings */
    size_t all_count;
    struct qk_error *err;
};

static int no_memory(const struct maker *m)
{
    return qk_fail(m->err, QK_ERR_MEMORY, NULL, "no memory for an audit row of %.100s", m->claim->of);
}

/* A text that lives as long as the audit. NULL when memory is refused. */
__attribute__((format(printf, 2, 3))) static const char *keep(struct baseline_audit *audit, const char *fmt,
                                                              ...)
{
    char *text = NULL;
    char **more = reallocarray(audit->texts, audit->text_count + 1, sizeof *more);
    va_list args;
    if (!more)
        return NULL;
    audit->texts = more;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    if (text)
        more[audit->text_count++] = text;
    return text;
}

static void judge(struct baseline_audit_row *row)
{
    const struct baseline_claim *c = row->claim;
    if (row->verdict == BASELINE_NOT_RESOLVED)
        row->verdict = baseline_audit_judge(&row->measured, c->rate > 0 ? c->rate : c->ratio);
}

/* False when a case has no times; the row then says why. What was skipped cannot run here. */
static bool has_times(struct baseline_audit_row *row, const struct bench_record *rec)
{
    if (rec->status == BENCH_OK)
        return true;
    if (rec->status == BENCH_SKIP)
        row->verdict = BASELINE_NOT_TESTABLE;
    snprintf(row->why, sizeof row->why, "%.100s/%.100s %s: %.180s", rec->op, rec->variant,
             rec->status == BENCH_SKIP ? "was skipped" : "failed", rec->reason ? rec->reason : "-");
    return false;
}

static bool case_matches(const char *glob, const struct bench_record *rec)
{
    char name[BENCH_NAME_MAX];
    return fnmatch(glob, bench_record_name(rec, name, sizeof name), 0) == 0;
}

/* The only case that a glob matches, else NULL. */
static const struct bench_record *only_case(const struct bench_summary *run, const char *glob)
{
    const struct bench_record *found = NULL;
    for (size_t i = 0; i < run->count; i++)
        if (case_matches(glob, run->rows[i].rec)) {
            if (found)
                return NULL;
            found = run->rows[i].rec;
        }
    return found;
}

/* Median time of an element in each block. False when memory is refused. */
static bool block_times(const struct bench_record *rec, double to[BENCH_BLOCKS_MAX])
{
    size_t most = 1;
    for (size_t b = 0; b < rec->block_count; b++)
        most = rec->blocks[b].slices > most ? rec->blocks[b].slices : most;
    double *scratch = calloc(most, sizeof *scratch);
    for (size_t b = 0; b < rec->block_count && scratch; b++)
        to[b] = bench_median(rec->blocks[b].samples_ns, rec->blocks[b].slices, scratch) / rec->elements;
    free(scratch);
    return scratch != NULL;
}

static void take_interval(struct baseline_audit_row *row, const double *of, size_t count)
{
    double scratch[BENCH_BLOCKS_MAX];
    row->measured = bench_sign_interval(of, count, LEVEL, scratch);
    if (isnan(row->measured.low))
        snprintf(row->why, sizeof row->why, "%zu blocks are too few for a 95 %% interval", count);
}

static int measure_gain(const struct maker *m, struct baseline_audit_row *row, const struct bench_record *of,
                        const struct bench_record *than)
{
    double ratios[BENCH_BLOCKS_MAX], over[BENCH_BLOCKS_MAX];
    size_t count = of->block_count;
    int code = 0;
    if (m->claim->kind == BASELINE_CLAIM_BYTES) {
        const double fewer = (of->bytes_read + of->bytes_written) / of->elements,
                     more = (than->bytes_read + than->bytes_written) / than->elements;
        if (fewer > 0 && more > 0)
            row->measured = (struct bench_interval){more / fewer, more / fewer, more / fewer};
        else
            snprintf(row->why, sizeof row->why, "a case declares no bytes");
        return 0;
    }
    if (!strcmp(of->op, than->op) && !strcmp(of->shape, than->shape)) {
        code = bench_summary_blocks(than, of, ratios, &count, m->err);
    } else if (!block_times(of, ratios) || !block_times(than, over)) {
        code = no_memory(m);
    } else {
        count = than->block_count < count ? than->block_count : count;
        for (size_t b = 0; b < count; b++)
            ratios[b] = over[b] / ratios[b];
    }
    if (!code)
        take_interval(row, ratios, count);
    return code;
}

static int add_gain(const struct maker *m, const struct bench_record *of, const struct bench_record *than)
{
    const bool apart = strcmp(of->op, than->op) != 0, other = strcmp(of->shape, than->shape) != 0;
    struct baseline_audit_row *row = baseline_audit_add(m->audit, m->claim);
    if (!row)
        return no_memory(m);
    row->op = of->op;
    row->shape = of->shape;
    row->variant = apart ? keep(m->audit, "%s/%s", of->op, of->variant) : of->variant;
    row->previous = apart || other ? keep(m->audit, "%s/%s%s%s", than->op, than->variant, other ? "/" : "",
                                          other ? than->shape : "")
                                   : than->variant;
    if (!row->variant || !row->previous)
        return no_memory(m);
    if (has_times(row, of) && has_times(row, than)) {
        const int code = measure_gain(m, row, of, than);
        if (code)
            return code;
    }
    judge(row);
    return 0;
}

static int add_gains(const struct maker *m, const struct bench_summary *run)
{
    const struct bench_record *one = only_case(run, m->claim->of), *other = only_case(run, m->claim->than);
    int code = 0;
    if (one && other && one != other)
        return add_gain(m, one, other);
    for (size_t i = 0; i < run->count; i++)
        for (size_t k = 0; k < run->count && !code && case_matches(m->claim->of, run->rows[i].rec); k++)
            if (i != k && !strcmp(run->rows[i].rec->shape, run->rows[k].rec->shape) &&
                case_matches(m->claim->than, run->rows[k].rec))
                code = add_gain(m, run->rows[i].rec, run->rows[k].rec);
    return code;
}

/* What one thread reads from where a call's bytes lie. NULL when nobody measured it. */
static const struct bench_ceiling *ceiling_of(const struct maker *m, double bytes)
{
    for (size_t i = 0; i < m->all_count; i++) {
        const struct bench_ceilings *c = m->all[i].ceilings;
        int level = 1;
        while (c && level < BENCH_DRAM && bytes > (double)bench_environment_cache(&c->env, level))
            level++;
        const struct bench_ceiling *row = c ? bench_ceilings_find(c, BENCH_CEILING_read, level, 1) : NULL;
        if (row)
            return row;
    }
    return NULL;
}

static int add_rate(const struct maker *m, const struct bench_record *rec)
{
    const double bytes = rec->bytes_read + rec->bytes_written;
    const double each = ((const double[]){rec->ops, bytes, rec->elements})[m->claim->unit];
    double rates[BENCH_BLOCKS_MAX];
    struct baseline_audit_row *row = baseline_audit_add(m->audit, m->claim);
    if (!row)
        return no_memory(m);
    row->op = rec->op;
    row->shape = rec->shape;
    row->variant = rec->variant;
    if (has_times(row, rec) && !(each > 0)) {
        snprintf(row->why, sizeof row->why, "the case declares no work in this unit");
    } else if (has_times(row, rec)) {
        if (!block_times(rec, rates))
            return no_memory(m);
        for (size_t b = 0; b < rec->block_count; b++)
            rates[b] = each / (rates[b] * rec->elements);
        take_interval(row, rates, rec->block_count);
    }
    judge(row);
    const struct bench_ceiling *most = ceiling_of(m, bytes);
    const double need = each > 0 ? m->claim->rate / each * bytes : 0;
    if (most && need > most->best) {
        row->verdict = BASELINE_IMPOSSIBLE;
        snprintf(row->why, sizeof row->why,
                 "it needs %.4g GB/s, and one thread reads at most %.4g GB/s from %s here", need, most->best,
                 bench_ceiling_levels[most->level]);
    }
    return 0;
}

static const char *head_of(const struct bench_e2e_row *row)
{
    return *row->head ? row->head : "full";
}

static bool model_matches(const char *glob, const struct bench_e2e_row *row)
{
    char name[320], test[BENCH_E2E_TEST];
    snprintf(name, sizeof name, "%s/%s/%s/%zu", row->kernels, head_of(row), bench_e2e_test(row, test),
             row->threads);
    return fnmatch(glob, name, 0) == 0;
}

/* The row's place among models, and whether it can be judged. NULL when memory is refused. */
static struct baseline_audit_row *add_model(const struct maker *m, const struct bench_e2e *e,
                                            const struct bench_e2e_row *of)
{
    char test[BENCH_E2E_TEST];
    struct baseline_audit_row *row = baseline_audit_add(m->audit, m->claim);
    if (!row)
        return NULL;
    row->op = e->model;
    row->shape = keep(m->audit, "%s, %zu thread%s", bench_e2e_test(of, test), of->threads,
                      of->threads == 1 ? "" : "s");
    row->variant = keep(m->audit, "%s, %s head", of->kernels, head_of(of));
    if (*of->invalid)
        snprintf(row->why, sizeof row->why, "INVALID: %s", of->invalid);
    else if (e->level < LEVEL)
        snprintf(row->why, sizeof row->why, "%zu repetitions are too few for a 95 %% interval",
                 of->repetitions);
    return row->shape && row->variant ? row : NULL;
}

static int add_model_gain(const struct maker *m, const struct bench_e2e *e, const struct bench_e2e_row *of,
                          const struct bench_e2e_row *than)
{
    const size_t n = of->repetitions;
    double *ratios = calloc(n, 2 * sizeof *ratios);
    struct baseline_audit_row *row = ratios ? add_model(m, e, of) : NULL;
    if (row)
        row->previous = keep(m->audit, "%s, %s head", than->kernels, head_of(than));
    if (!row || !row->previous) {
        free(ratios);
        return no_memory(m);
    }
    for (size_t i = 0; i < n; i++)
        ratios[i] = than->samples_ns[i] / of->samples_ns[i];
    row->measured = bench_sign_interval(ratios, n, LEVEL, ratios + n);
    free(ratios);
    if (*than->invalid)
        snprintf(row->why, sizeof row->why, "INVALID: %s", than->invalid);
    if (*row->why)
        row->measured = NOTHING;
    judge(row);
    return 0;
}

static int add_tokens(const struct maker *m, const struct bench_e2e *e, const struct bench_e2e_row *of)
{
    struct baseline_audit_row *row = add_model(m, e, of);
    const double need = m->claim->rate * of->read_bytes * 1e-9, most = of->read_ceiling_gbs;
    if (!row)
        return no_memory(m);
    if (!*row->why)
        row->measured = (struct bench_interval){1e9 / of->ns_per_token.value, 1e9 / of->ns_per_token.high,
                                                1e9 / of->ns_per_token.low};
    judge(row);
    if (need > most) {
        row->verdict = BASELINE_IMPOSSIBLE;
        snprintf(row->why, sizeof row->why,
                 "a token reads %.0f MB, so it needs %.4g GB/s, and %zu thread%s %s at most %.4g GB/s here",
                 of->read_bytes * 1e-6, need, of->threads, of->threads == 1 ? "" : "s",
                 of->threads == 1 ? "reads" : "read", most);
    }
    return 0;
}

static int add_models(const struct maker *m, const struct bench_e2e *e)
{
    int code = 0;
    for (size_t i = 0; i < e->count && !code; i++) {
        const struct bench_e2e_row *of = &e->rows[i];
        if (!model_matches(m->claim->of, of))
            continue;
        if (m->claim->kind == BASELINE_CLAIM_TOKENS)
            code = add_tokens(m, e, of);
        for (size_t k = 0; k < e->count && !code && m->claim->kind == BASELINE_CLAIM_MODEL; k++) {
            const struct bench_e2e_row *than = &e->rows[k];
            if (i != k && model_matches(m->claim->than, than) && than->threads == of->threads &&
                than->prompt == of->prompt && than->generate == of->generate && than->depth == of->depth)
                code = add_model_gain(m, e, of, than);
        }
    }
    return code;
}

int baseline_measured_add(struct baseline_audit *audit, const struct baseline_claim *claim,
                          const struct baseline_audit_input *input, const struct baseline_audit_input *all,
                          size_t count, struct qk_error *err)
{
    const struct maker m = {audit, claim, all, count, err};
    const struct bench_summary *run = input->run;
    int code = 0;
    switch (claim->kind) {
    case BASELINE_CLAIM_CASES:
    case BASELINE_CLAIM_BYTES:
        return run ? add_gains(&m, run) : 0;
    case BASELINE_CLAIM_RATE:
        for (size_t i = 0; run && i < run->count && !code; i++)
            if (case_matches(claim->of, run->rows[i].rec))
                code = add_rate(&m, run->rows[i].rec);
        return code;
    case BASELINE_CLAIM_MODEL:
    case BASELINE_CLAIM_TOKENS:
        return input->model ? add_models(&m, input->model) : 0;
    default:
        return 0;
    }
}
