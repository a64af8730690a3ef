/* SPDX-License-Identifier: MIT */
/*
 * Claims beside measurements. Each claim of a roadmap file (reports/roadmap.json) is judged in every group
 * of a summary that has a row of the claim's phase.
 */
#pragma once

#include "baselines/claims/claims.h"
#include "harness/records/summary.h"

enum baseline_audit_verdict {
    BASELINE_CONFIRMED,    /* the interval lies at or above the claim: low >= claimed */
    BASELINE_REFUTED,      /* the interval lies below the claim: high < claimed */
    BASELINE_NOT_RESOLVED, /* the claim is inside the interval, or there is no interval */
    BASELINE_AUDIT_VERDICTS,
};

struct baseline_audit_row {
    const char *op, *shape; /* borrowed from the sample set */
    const char *variant;    /* measured variant; borrowed */
    const char *previous;   /* the variant it was measured against; borrowed; NULL without a measurement */
    char phase[12], claimed_over[12]; /* the claim's: "2.5"; "1", "baseline" */
    char what[64];                    /* the claim's: "projected total" */
    enum baseline_claim_kind kind;
    double claimed;
    struct bench_interval measured; /* NaN where there is no number */
    enum baseline_audit_verdict verdict;
    char why[240]; /* why there is no interval; empty when there is one */
};

struct baseline_audit {
    char source[160]; /* what the claims were taken from, as the file says it */
    char op[64];      /* the op they are about */
    double goal;      /* the roadmap's goal, a speed-up over the reference; NaN when the file names none */
    size_t verdicts[BASELINE_AUDIT_VERDICTS]; /* how many rows have each verdict */
    size_t count;
    struct baseline_audit_row *rows; /* owned; by group, then in the file's order; NULL when count is 0 */
};

/*
 * Reads the claims from `path` and judges them. A claim is judged in every group of its op, or only of its
 * shape if it names one. The group's row of the claim's phase has the figure. For a step that is the row's
 * `step`, for a total its `speedup`.
 *
 * A step is measured over the nearest earlier phase that was measured. That may be a later phase than the
 * claim names: 3 over 2.5 where the claim says 3 over 2. It may also be an earlier one, when a rung in
 * between was not measured. Then the two gains differ, and the claim is not resolved. Nor is a claim whose
 * row was skipped or failed. A group without a row of the phase has no result for the claim.
 *
 * QK_ERR_IO, QK_ERR_FORMAT with the JSON path, QK_ERR_MEMORY. Free with baseline_audit_free on success.
 * Summary and sample set must outlive the audit.
 */
int baseline_audit_make(struct baseline_audit *audit, const char *path, const struct bench_summary *sum,
                        struct qk_error *err);
void baseline_audit_free(struct baseline_audit *audit);
/*
 * The verdict on a claimed ratio. An interval that is not there has NaN as its ends. They are neither above
 * nor below anything, so the claim is not resolved.
 */
enum baseline_audit_verdict baseline_audit_judge(const struct bench_interval *measured, double claimed);
extern const char *const baseline_audit_words[]; /* "confirmed", "refuted", "not resolved", NULL */
