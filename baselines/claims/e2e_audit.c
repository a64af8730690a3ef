/* SPDX-License-Identifier: MIT */
#include "baselines/claims/e2e_audit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Is the row's speed-up one over the ladder's baseline? */
static bool over_baseline(const struct bench_e2e *e, const struct bench_e2e_row *row)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->rows[i].generate && e->rows[i].threads == row->threads)
            return strcmp(e->rows[i].phase, "baseline") == 0;
    return false;
}

static void put_claim(struct baseline_e2e_row *to, const struct baseline_end_to_end_claims *claims,
                      const struct bench_e2e *e)
{
    to->claimed_s_per_token = to->claimed_s = to->claimed_ratio = NAN;
    /* Claims are of text from its beginning on. */
    for (size_t i = 0; i < claims->count && !to->row->depth; i++) {
        if (strcmp(claims->at[i].phase, to->row->phase) != 0)
            continue;
        to->claimed_s_per_token = claims->at[i].s_per_token;
        to->claimed_s = claims->at[i].s;
        to->claimed_ratio = claims->at[i].ratio;
        to->target = claims->at[i].target;
        to->judged = !isnan(to->claimed_ratio) && over_baseline(e, to->row);
        to->verdict = BASELINE_NOT_RESOLVED;
        if (to->judged && e->level >= 0.95)
            to->verdict = baseline_audit_judge(&to->row->speedup, to->claimed_ratio);
    }
}

int baseline_e2e_audit_make(struct baseline_e2e_audit *audit, const char *path, const struct bench_e2e *e,
                            struct qk_error *err)
{
    struct baseline_claims claims;
    *audit = (struct baseline_e2e_audit){0};
    int code = baseline_claims_read(&claims, path, err);
    if (code)
        return code;
    const struct baseline_end_to_end_claims *whole = &claims.end_to_end;
    if (!whole->count)
        code = qk_fail(err, QK_ERR_FORMAT, path, "claims nothing of a whole model: no end_to_end");
    audit->rows = code ? NULL : calloc(e->count + 1, sizeof *audit->rows);
    if (!code && !audit->rows)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu rows", e->count);
    audit->tokens = whole->tokens;
    audit->limit_s = whole->limit_s;
    for (size_t i = 0; i < e->count && !code; i++) {
        if (!e->rows[i].generate)
            continue;
        struct baseline_e2e_row *to = &audit->rows[audit->count++];
        to->row = &e->rows[i];
        to->seconds = to->row->ns_per_token.value * (double)whole->tokens * 1e-9;
        to->within = to->seconds <= whole->limit_s;
        put_claim(to, whole, e);
    }
    baseline_claims_free(&claims);
    return code;
}

void baseline_e2e_audit_free(struct baseline_e2e_audit *audit)
{
    free(audit->rows);
    *audit = (struct baseline_e2e_audit){0};
}
