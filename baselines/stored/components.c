/* SPDX-License-Identifier: MIT */
#include "baselines/stored/components.h"

#include "harness/records/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int baseline_components_read(struct baseline_components *c, const char *path, struct qk_error *err)
{
    *c = (struct baseline_components){0};
    return baseline_claims_read(&c->claims, path, err);
}

void baseline_components_free(struct baseline_components *c)
{
    baseline_claims_free(&c->claims);
    free(c->rows);
    *c = (struct baseline_components){0};
}

/* The variants of one op on one shape. */
struct group {
    const struct bench_breakdown_row *rows;
    size_t count;
};

/* Of several rows of a phase the first that was measured. */
static const struct bench_breakdown_row *find_phase(const struct group *g, const char *phase)
{
    const struct bench_breakdown_row *found = NULL;
    for (size_t i = 0; i < g->count; i++) {
        if (strcmp(g->rows[i].variant->phase, phase) != 0)
            continue;
        if (g->rows[i].status == BENCH_OK)
            return &g->rows[i];
        if (!found)
            found = &g->rows[i];
    }
    return found;
}

/* The measured row of the highest phase below `phase`; NULL when there is none. */
static const struct bench_breakdown_row *find_before(const struct group *g, const char *phase)
{
    const struct bench_breakdown_row *found = NULL;
    int best = -1;
    for (size_t i = 0; i < g->count; i++) {
        const int rank = baseline_phase_rank(g->rows[i].variant->phase);
        if (g->rows[i].status == BENCH_OK && rank > best && rank < baseline_phase_rank(phase)) {
            best = rank;
            found = &g->rows[i];
        }
    }
    return found;
}

/* The measured gain, or NaN with the reason. */
static void measure(struct baseline_gain_row *out, const struct group *g,
                    const struct bench_breakdown_row *after)
{
    const struct baseline_component_claim *claim = out->claim;
    const struct bench_breakdown_row *before = find_before(g, claim->gain_phase);
    out->measured = (struct bench_interval){NAN, NAN, NAN};
    if (after->status != BENCH_OK) {
        snprintf(out->why, sizeof out->why, "%s %s: %.180s", after->variant->name,
                 after->status == BENCH_SKIP ? "was skipped" : "failed", after->reason);
        return;
    }
    if (!before) {
        snprintf(out->why, sizeof out->why, "no earlier phase was measured");
        return;
    }
    if (baseline_phase_rank(before->variant->phase) < baseline_phase_rank(claim->gain_over)) {
        snprintf(out->why, sizeof out->why, "phase %s was not measured, so that %s would be compared with %s",
                 claim->gain_over, after->variant->name, before->variant->name);
        return;
    }
    const int stage = bench_breakdown_stage(after, claim->stage);
    if (stage < 0) {
        snprintf(out->why, sizeof out->why, "%s has no stage %s", after->variant->op_name, claim->stage);
        return;
    }
    out->before = before->variant->name;
    out->measured = bench_breakdown_gain(before, after, (size_t)stage, out->why, sizeof out->why);
}

/* Walks groups x claims; fills rows when there is room for them, so that a first pass with NULL counts. */
static size_t walk(struct baseline_gain_row *rows, const struct baseline_claims *claims,
                   const struct bench_breakdown *bd)
{
    size_t n = 0;
    for (size_t first = 0, end; first < bd->count; first = end) {
        end = bench_breakdown_group_end(bd, first);
        const struct group g = {bd->rows + first, end - first};
        if (strcmp(g.rows[0].variant->op_name, claims->op) != 0)
            continue;
        for (size_t i = 0; i < claims->component_count; i++) {
            const struct baseline_component_claim *claim = &claims->components[i];
            const struct bench_breakdown_row *after =
                isnan(claim->gain) ? NULL : find_phase(&g, claim->gain_phase);
            if (!after)
                continue;
            if (rows) {
                rows[n] = (struct baseline_gain_row){
                    .claim = claim, .shape = after->shape, .after = after->variant->name};
                measure(&rows[n], &g, after);
                rows[n].verdict = baseline_audit_judge(&rows[n].measured, claim->gain);
            }
            n++;
        }
    }
    return n;
}

int baseline_components_judge(struct baseline_components *c, const struct bench_breakdown *bd,
                              struct qk_error *err)
{
    const size_t count = walk(NULL, &c->claims, bd);
    if (!count)
        return 0;
    c->rows = calloc(count, sizeof *c->rows);
    if (!c->rows)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu claimed gains", count);
    c->count = walk(c->rows, &c->claims, bd);
    for (size_t i = 0; i < count; i++)
        c->verdicts[c->rows[i].verdict]++;
    return 0;
}

double baseline_components_claimed(const struct baseline_components *c, const struct bench_breakdown_row *row,
                                   const char *stage)
{
    if (strcmp(row->variant->op_name, c->claims.op) != 0)
        return NAN;
    for (size_t i = 0; i < c->claims.component_count; i++) {
        const struct baseline_component_claim *claim = &c->claims.components[i];
        for (size_t k = 0; k < claim->count; k++)
            if (!strcmp(claim->stage, stage) && !strcmp(claim->at[k].phase, row->variant->phase))
                return claim->at[k].ms;
    }
    return NAN;
}

static json_t *claim_row(const struct baseline_component_claim *claim)
{
    json_t *o = json_object(), *times = json_object();
    for (size_t k = 0; k < claim->count; k++)
        bench_json_put(&times, claim->at[k].phase, json_real(claim->at[k].ms));
    bench_json_put(&o, "component", bench_json_text(claim->name));
    bench_json_put(&o, "stage", bench_json_text(claim->stage));
    bench_json_put(&o, "ms_per_token", times);
    return o;
}

static json_t *gain_row(const struct baseline_gain_row *row)
{
    json_t *o = json_object();
    bench_json_put(&o, "component", bench_json_text(row->claim->name));
    bench_json_put(&o, "stage", bench_json_text(row->claim->stage));
    bench_json_put(&o, "shape", bench_json_text(row->shape));
    bench_json_put(&o, "phase", bench_json_text(row->claim->gain_phase));
    bench_json_put(&o, "over", bench_json_text(row->claim->gain_over));
    bench_json_put(&o, "claimed", json_real(row->claim->gain));
    bench_json_put(&o, "after", bench_json_text(row->after));
    bench_json_put(&o, "before", bench_json_text_or_null(row->before ? row->before : ""));
    bench_json_put(&o, "measured", bench_json_real(row->measured.value));
    bench_json_put(&o, "measured_low", bench_json_real(row->measured.low));
    bench_json_put(&o, "measured_high", bench_json_real(row->measured.high));
    bench_json_put(&o, "verdict", json_string(baseline_audit_word(row->verdict)));
    bench_json_put(&o, "reason", bench_json_text_or_null(row->why));
    return o;
}

json_t *baseline_components_json(const struct baseline_components *c)
{
    json_t *o = json_object(), *table = json_array(), *gains = json_array();
    for (size_t i = 0; i < c->claims.component_count; i++)
        bench_json_append(&table, claim_row(&c->claims.components[i]));
    for (size_t i = 0; i < c->count; i++)
        bench_json_append(&gains, gain_row(&c->rows[i]));
    bench_json_put(&o, "source", bench_json_text(c->claims.source));
    bench_json_put(&o, "op", bench_json_text(c->claims.op));
    bench_json_put(&o, "table", table);
    bench_json_put(&o, "gains", gains);
    return o;
}
