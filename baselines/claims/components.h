/* SPDX-License-Identifier: MIT */
/*
 * A roadmap's component table beside a breakdown: what each component was claimed to take, and each claimed
 * gain of a component beside the measured gain.
 */
#pragma once

#include "baselines/claims/audit.h"
#include "harness/breakdown/breakdown.h"

struct baseline_gain_row {
    struct baseline_component_claim claim;
    char shape[BENCH_SHAPE_NAME];
    char before[80], after[80];     /* variants; before is empty when there was nothing to compare with */
    struct bench_interval measured; /* NaN where there is no number */
    enum baseline_audit_verdict verdict;
    char why[240]; /* why there is no number; empty when there is one */
};

struct baseline_components {
    struct baseline_claims claims;            /* owned */
    size_t verdicts[BASELINE_AUDIT_VERDICTS]; /* how many rows have each verdict */
    size_t count;
    struct baseline_gain_row *rows; /* owned; by shape, then in the file's order; NULL when count is 0 */
};

/* Reads only the claims of `path`; *c has no rows yet. Errors of baseline_claims_read. Free on success. */
int baseline_components_read(struct baseline_components *c, const char *path, struct qk_error *err);
/*
 * Judges every gain in every shape that has a row of the gain's phase and op. As in the audit, a step is
 * over the nearest earlier phase that was measured. Where that phase lies before the one that the claim
 * starts from, the claim is not resolved. QK_ERR_MEMORY.
 */
int baseline_components_judge(struct baseline_components *c, const struct bench_breakdown *bd,
                              struct qk_error *err);
void baseline_components_free(struct baseline_components *c);

/* Claimed ms per token of a stage, or of "total", in a row's phase. NaN when nobody claimed it. */
double baseline_components_claimed(const struct baseline_components *c, const struct bench_breakdown_row *row,
                                   const char *stage);
/* The claims, as a record beside a breakdown. */
extern const struct bench_fields baseline_components_fields;
/*
 * Reads and validates that, loaded already; `path` is for messages. QK_ERR_FORMAT with the JSON path,
 * QK_ERR_MEMORY. Free on success.
 */
int baseline_components_take_json(struct baseline_components *c, const json_t *json, const char *path,
                                  struct qk_error *err);
