/* SPDX-License-Identifier: MIT */
#include "baselines/claims/measured.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows [first, end) of a summary: the cases of one op and one shape. */
struct group {
    const struct bench_summary_row *rows;
    size_t count;
};

static struct group group_at(const struct bench_summary *sum, size_t first)
{
    return (struct group){sum->rows + first, bench_summary_group_end(sum, first) - first};
}

/* Of several rows of a phase the first that was measured. */
static const struct bench_summary_row *find_phase(const struct group *g, const char *phase)
{
    const struct bench_summary_row *found = NULL;
    for (size_t i = 0; i < g->count; i++) {
        if (strcmp(g->rows[i].rec->phase, phase) != 0)
            continue;
        if (g->rows[i].rec->status == BENCH_OK)
            return &g->rows[i];
        if (!found)
            found = &g->rows[i];
    }
    return found;
}

static const struct bench_record *find_variant(const struct group *g, const char *variant)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->rows[i].rec->variant, variant) == 0)
            return g->rows[i].rec;
    return NULL;
}

static const char *find_reference(const struct group *g)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->rows[i].rec->reference)
            return g->rows[i].rec->variant;
    return NULL;
}

/* The measured ratio, or NaN with the reason in out->why. */
static void measure(struct baseline_audit_row *out, const struct group *g,
                    const struct bench_summary_row *row)
{
    const bool step = out->claim->kind == BASELINE_CLAIM_STEP;
    const char *const over = out->claim->over;
    if (row->rec->status != BENCH_OK) {
        snprintf(out->why, sizeof out->why, "%s %s: %s", row->rec->variant,
                 row->rec->status == BENCH_SKIP ? "was skipped" : "failed",
                 row->rec->reason ? row->rec->reason : "-");
        return;
    }
    out->previous = step ? row->previous : find_reference(g);
    const struct bench_interval ratio = step ? row->step : row->speedup;
    if (!out->previous || isnan(ratio.value)) {
        out->previous = NULL;
        snprintf(out->why, sizeof out->why, "%s",
                 step ? "no earlier phase was measured" : "the reference was not measured");
        return;
    }
    if (step) {
        const struct bench_record *previous = find_variant(g, out->previous);
        const int rank = previous ? baseline_phase_rank(previous->phase) : -1;
        if (rank < baseline_phase_rank(over)) {
            snprintf(out->why, sizeof out->why,
                     "phase %s was not measured, so that %s is compared with %s (phase %s)", over,
                     out->variant, out->previous, previous ? previous->phase : "?");
            out->previous = NULL;
            return;
        }
    }
    out->measured = ratio;
    if (isnan(ratio.low) || isnan(ratio.high))
        snprintf(out->why, sizeof out->why, "%zu blocks are too few for a 95 %% interval",
                 row->rec->block_count);
}

static int no_memory(const struct baseline_audit *audit, struct qk_error *err)
{
    return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu audit rows", audit->count + 1);
}

static bool is_phase(const struct baseline_claim *claim)
{
    return claim->kind == BASELINE_CLAIM_STEP || claim->kind == BASELINE_CLAIM_TOTAL;
}

/* The claims about phases, in each group of the file's op. */
static int add_phases(struct baseline_audit *audit, const struct bench_summary *sum, struct qk_error *err)
{
    const struct baseline_claims *claims = &audit->claims;
    for (size_t first = 0; first < sum->count;) {
        const struct group g = group_at(sum, first);
        const struct bench_record *head = g.rows[0].rec;
        first += g.count;
        if (strcmp(head->op, claims->op) != 0)
            continue;
        for (size_t i = 0; i < claims->count; i++) {
            const struct baseline_claim *claim = &claims->claims[i];
            if (!is_phase(claim) || (claim->shape[0] && strcmp(claim->shape, head->shape) != 0))
                continue;
            const struct bench_summary_row *row = find_phase(&g, claim->phase);
            if (!row)
                continue;
            struct baseline_audit_row *out = baseline_audit_add(audit, claim);
            if (!out)
                return no_memory(audit, err);
            out->op = row->rec->op;
            out->shape = row->rec->shape;
            out->variant = row->rec->variant;
            measure(out, &g, row);
            out->verdict = baseline_audit_judge(&out->measured, claim->ratio);
        }
    }
    return 0;
}

static void count_verdicts(struct baseline_audit *audit)
{
    memset(audit->verdicts, 0, sizeof audit->verdicts);
    for (size_t i = 0; i < audit->count; i++)
        audit->verdicts[audit->rows[i].verdict]++;
}

static int add_elsewhere(struct baseline_audit *audit, const struct baseline_claim *claim,
                         struct qk_error *err)
{
    struct baseline_audit_row *row = baseline_audit_add(audit, claim);
    if (!row)
        return no_memory(audit, err);
    row->verdict = BASELINE_NOT_TESTABLE;
    snprintf(row->why, sizeof row->why, "needs %s", claim->needs);
    return 0;
}

int baseline_audit_make(struct baseline_audit *audit, const char *path,
                        const struct baseline_audit_input *inputs, size_t count, struct qk_error *err)
{
    *audit = (struct baseline_audit){.goal = NAN};
    int code = baseline_claims_read(&audit->claims, path, err);
    if (code)
        return code;
    const struct baseline_claims *claims = &audit->claims;
    for (size_t k = 0; k < count && !code; k++)
        if (inputs[k].run)
            code = add_phases(audit, inputs[k].run, err);
    for (size_t i = 0; i < claims->count && !code; i++) {
        const struct baseline_claim *claim = &claims->claims[i];
        if (claim->goal)
            audit->goal = claim->ratio;
        if (claim->kind == BASELINE_CLAIM_ELSEWHERE)
            code = add_elsewhere(audit, claim, err);
        for (size_t k = 0; k < count && !code && !is_phase(claim); k++)
            code = baseline_measured_add(audit, claim, &inputs[k], inputs, count, err);
    }
    if (code)
        baseline_audit_free(audit);
    count_verdicts(audit);
    return code;
}

/* The place in line to decide on a claim: of all comparisons, or of the best. */
static int place(const struct baseline_audit_row *row)
{
    static const int of_each[BASELINE_AUDIT_VERDICTS] = {[BASELINE_IMPOSSIBLE] = 0,
                                                         [BASELINE_REFUTED] = 1,
                                                         [BASELINE_NOT_RESOLVED] = 2,
                                                         [BASELINE_NOT_TESTABLE] = 3,
                                                         [BASELINE_CONFIRMED] = 4},
                     of_best[BASELINE_AUDIT_VERDICTS] = {[BASELINE_CONFIRMED] = 0,
                                                         [BASELINE_NOT_RESOLVED] = 1,
                                                         [BASELINE_REFUTED] = 2,
                                                         [BASELINE_IMPOSSIBLE] = 3,
                                                         [BASELINE_NOT_TESTABLE] = 4};
    return (row->claim->up_to ? of_best : of_each)[row->verdict];
}

static bool decides_before(const struct baseline_audit_row *a, const struct baseline_audit_row *b)
{
    const int left = place(a), right = place(b);
    if (left != right)
        return left < right;
    return a->claim->up_to ? a->measured.value > b->measured.value : a->measured.value < b->measured.value;
}

static void say_unmeasured(struct baseline_audit_row *row, const struct baseline_audit *audit)
{
    const struct baseline_claim *c = row->claim;
    if (is_phase(c))
        snprintf(row->why, sizeof row->why, "no result has phase %s of %s", c->phase, audit->claims.op);
    else
        snprintf(row->why, sizeof row->why, "no result has %.120s%s%.120s%s", c->of, *c->than ? " and " : "",
                 c->than, *c->than ? " side by side" : "");
}

int baseline_audit_collapse(struct baseline_audit *audit, struct qk_error *err)
{
    struct baseline_audit one = {.goal = audit->goal};
    for (size_t c = 0; c < audit->claims.count; c++) {
        struct baseline_audit_row *out = baseline_audit_add(&one, &audit->claims.claims[c]);
        size_t of = 0;
        if (!out) {
            free(one.rows);
            return no_memory(&one, err);
        }
        for (size_t i = 0; i < audit->count; i++)
            if (audit->rows[i].claim == out->claim && (!of++ || decides_before(&audit->rows[i], out)))
                *out = audit->rows[i];
        out->of = of;
        if (!of)
            say_unmeasured(out, audit);
    }
    free(audit->rows);
    audit->rows = one.rows;
    audit->count = one.count;
    count_verdicts(audit);
    return 0;
}

void baseline_audit_free(struct baseline_audit *audit)
{
    for (size_t i = 0; i < audit->text_count; i++)
        free(audit->texts[i]);
    free(audit->texts);
    free(audit->rows);
    baseline_claims_free(&audit->claims);
    *audit = (struct baseline_audit){.goal = NAN};
}
