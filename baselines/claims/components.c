/* SPDX-License-Identifier: MIT */
#include "baselines/claims/components.h"

#include "harness/records/fields/fields.h"

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
    const struct baseline_component_claim *claim = &out->claim;
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
    snprintf(out->before, sizeof out->before, "%s", before->variant->name);
    out->measured = bench_breakdown_gain(before, after, (size_t)stage, out->why, sizeof out->why);
}

/* The row of one claim and group, which has a row of the claim's phase. False when memory is refused. */
static bool add_row(struct baseline_components *c, const struct baseline_component_claim *claim,
                    const struct group *g, const struct bench_breakdown_row *after)
{
    struct baseline_gain_row *more = reallocarray(c->rows, c->count + 1, sizeof *more);
    if (!more)
        return false;
    c->rows = more;
    struct baseline_gain_row *row = &more[c->count++];
    *row = (struct baseline_gain_row){.claim = *claim};
    snprintf(row->shape, sizeof row->shape, "%s", after->shape);
    snprintf(row->after, sizeof row->after, "%s", after->variant->name);
    measure(row, g, after);
    row->verdict = baseline_audit_judge(&row->measured, claim->gain);
    c->verdicts[row->verdict]++;
    return true;
}

int baseline_components_judge(struct baseline_components *c, const struct bench_breakdown *bd,
                              struct qk_error *err)
{
    for (size_t first = 0, end; first < bd->count; first = end) {
        end = bench_breakdown_group_end(bd, first);
        const struct group g = {bd->rows + first, end - first};
        for (size_t i = 0; i < c->claims.component_count; i++) {
            const struct baseline_component_claim *claim = &c->claims.components[i];
            const struct bench_breakdown_row *after =
                isnan(claim->gain) || strcmp(g.rows[0].variant->op_name, c->claims.op) != 0
                    ? NULL
                    : find_phase(&g, claim->gain_phase);
            if (after && !add_row(c, claim, &g, after))
                return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu claimed gains", c->count + 1);
        }
    }
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

#define FIELD_OF struct baseline_component_claim
static const struct bench_field claim_fields[] = {
    FIELD(TEXT, "component", name, "In the source's words.", BENCH_FILLED),
    FIELD(TEXT, "stage", stage, "", BENCH_FILLED),
    FIELD_LIST(MAP, "ms_per_token", at, count, &baseline_time_claim_fields, "By phase.", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields claim_table = {FIELDS(struct baseline_component_claim, claim_fields),
                                                .closed = true};

#define FIELD_OF struct baseline_gain_row
static const struct bench_field gain_fields[] = {
    FIELD(TEXT, "component", claim.name, "", BENCH_FILLED),
    FIELD(TEXT, "stage", claim.stage, "", BENCH_FILLED),
    FIELD(TEXT, "shape", shape, "", BENCH_FILLED),
    FIELD(TEXT, "phase", claim.gain_phase, "", BENCH_FILLED),
    FIELD(TEXT, "over", claim.gain_over, "", BENCH_FILLED),
    FIELD(REAL, "claimed", claim.gain, "", 0, FIELD_RATIO),
    FIELD(TEXT, "after", after, "Variant of the phase.", BENCH_FILLED),
    FIELD(TEXT, "before", before, "Variant of the nearest earlier phase that was measured.", BENCH_OR_NULL),
    FIELD(REAL, "measured", measured.value, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "measured_low", measured.low, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "measured_high", measured.high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(WORD, "verdict", verdict, "", 0, .words = baseline_audit_words),
    FIELD(TEXT, "reason", why, "Why there is no ratio.", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields gain_table = {FIELDS(struct baseline_gain_row, gain_fields), .closed = true};

#define FIELD_OF struct baseline_components
static const struct bench_field components_fields[] = {
    FIELD(TEXT, "source", claims.source, "", BENCH_FILLED),
    FIELD(TEXT, "op", claims.op, "", BENCH_FILLED),
    FIELD_LIST(LIST, "table", claims.components, claims.component_count, &claim_table, "Said to take."),
    FIELD_LIST(LIST, "gains", rows, count, &gain_table, "Claimed and measured."),
};
#undef FIELD_OF
const struct bench_fields baseline_components_fields = {
    FIELDS(struct baseline_components, components_fields),
    .title = "claims of a breakdown",
    .about = "What a roadmap says of components.",
    .closed = true,
    .json = JSON_REAL_PRECISION(17),
};

int baseline_components_take_json(struct baseline_components *c, const json_t *json, const char *path,
                                  struct qk_error *err)
{
    *c = (struct baseline_components){0};
    struct bench_reader r = {.file = path, .err = err};
    const struct bench_place at = {json, "$.claims"};
    bench_fields_get(&r, &at, &baseline_components_fields, c, c);
    for (size_t i = 0; i < c->claims.component_count; i++)
        c->claims.components[i].gain = NAN; /* it stands beside what was measured */
    for (size_t i = 0; i < c->count && !r.code; i++)
        c->verdicts[c->rows[i].verdict]++;
    if (r.code)
        baseline_components_free(c);
    return r.code;
}
