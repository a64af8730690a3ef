/* SPDX-License-Identifier: MIT */
#include "baselines/claims/audit.h"

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
    const bool step = out->kind == BASELINE_CLAIM_STEP;
    out->measured = (struct bench_interval){NAN, NAN, NAN};
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
        if (rank < baseline_phase_rank(out->claimed_over)) {
            snprintf(out->why, sizeof out->why,
                     "phase %s was not measured, so that %s is compared with %s (phase %s)",
                     out->claimed_over, out->variant, out->previous, previous ? previous->phase : "?");
            out->previous = NULL;
            return;
        }
    }
    out->measured = ratio;
    if (isnan(ratio.low) || isnan(ratio.high))
        snprintf(out->why, sizeof out->why, "%zu blocks are too few for a 95 %% interval",
                 row->rec->block_count);
}

enum baseline_audit_verdict baseline_audit_judge(const struct bench_interval *measured, double claimed)
{
    if (measured->low >= claimed)
        return BASELINE_CONFIRMED;
    return measured->high < claimed ? BASELINE_REFUTED : BASELINE_NOT_RESOLVED;
}

static void fill(struct baseline_audit_row *out, const struct baseline_claim *claim, const struct group *g,
                 const struct bench_summary_row *row)
{
    *out = (struct baseline_audit_row){.op = row->rec->op,
                                       .shape = row->rec->shape,
                                       .variant = row->rec->variant,
                                       .kind = claim->kind,
                                       .claimed = claim->ratio};
    memcpy(out->phase, claim->phase, sizeof out->phase);
    memcpy(out->claimed_over, claim->over, sizeof out->claimed_over);
    memcpy(out->what, claim->what, sizeof out->what);
    measure(out, g, row);
    out->verdict = baseline_audit_judge(&out->measured, out->claimed);
}

/* Walks claims x groups; fills rows when there is room for them, so that a first pass with NULL counts. */
static size_t walk(struct baseline_audit_row *rows, const struct baseline_claims *claims,
                   const struct bench_summary *sum)
{
    size_t n = 0;
    for (size_t first = 0; first < sum->count;) {
        const struct group g = group_at(sum, first);
        const struct bench_record *head = g.rows[0].rec;
        first += g.count;
        if (strcmp(head->op, claims->op) != 0)
            continue;
        for (size_t i = 0; i < claims->count; i++) {
            const struct baseline_claim *claim = &claims->claims[i];
            if (claim->shape[0] && strcmp(claim->shape, head->shape) != 0)
                continue;
            const struct bench_summary_row *row = find_phase(&g, claim->phase);
            if (!row)
                continue;
            if (rows)
                fill(&rows[n], claim, &g, row);
            n++;
        }
    }
    return n;
}

int baseline_audit_make(struct baseline_audit *audit, const char *path, const struct bench_summary *sum,
                        struct qk_error *err)
{
    struct baseline_claims claims;
    const int rc = baseline_claims_read(&claims, path, err);
    if (rc)
        return rc;
    *audit = (struct baseline_audit){.goal = NAN, .count = walk(NULL, &claims, sum)};
    memcpy(audit->source, claims.source, sizeof audit->source);
    memcpy(audit->op, claims.op, sizeof audit->op);
    for (size_t i = 0; i < claims.count; i++)
        if (claims.claims[i].goal)
            audit->goal = claims.claims[i].ratio;
    if (audit->count > 0) {
        audit->rows = calloc(audit->count, sizeof *audit->rows);
        if (!audit->rows) {
            baseline_claims_free(&claims);
            return qk_fail(err, QK_ERR_MEMORY, path, "no memory for %zu audit rows", audit->count);
        }
        walk(audit->rows, &claims, sum);
    }
    for (size_t i = 0; i < audit->count; i++)
        audit->verdicts[audit->rows[i].verdict]++;
    baseline_claims_free(&claims);
    return 0;
}

void baseline_audit_free(struct baseline_audit *audit)
{
    free(audit->rows);
    *audit = (struct baseline_audit){.goal = NAN};
}

const char *const baseline_audit_words[] = {"confirmed", "refuted", "not resolved", NULL};
