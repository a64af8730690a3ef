/* SPDX-License-Identifier: MIT */
/*
 * Claims beside measurements. Each claim of a roadmap file (reports/roadmap.json) is held against every group
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
    const char *previous;   /* what it was measured against; borrowed; NULL when nothing was measured */
    char phase[12], claimed_over[12]; /* of the claim: "2.5"; "1", "baseline" */
    char what[64];                    /* of the claim: "projected total" */
    enum baseline_claim_kind kind;
    double claimed;
    struct bench_interval measured; /* NaN where there is no number */
    enum baseline_audit_verdict verdict;
    char why[240]; /* why there is no interval; empty when there is one */
};

struct baseline_audit {
    char source[160]; /* what the claims were taken from, from the file */
    char op[64];      /* the op they are about */
    double goal; /* speed-up over the reference the roadmap set out to reach; NaN when the file names none */
    size_t verdicts[BASELINE_AUDIT_VERDICTS]; /* how many rows have each verdict */
    size_t count;
    struct baseline_audit_row *rows; /* owned; by group, then in the file's order; NULL when count is 0 */
};

/*
 * Reads the claims from `path` and judges them. A claim is judged in every group of its op (of its shape, if
 * it names one), by the group's row of its phase: a step by the row's `step`, a total by its `speedup`.
 *
 * A step is over the nearest measured phase. That may lie after the phase the claim names (3 over 2.5 where
 * the claim says 3 over 2). Where it lies before, because a rung in between was not measured, the two are not
 * the same gain, and the claim is not resolved. A row that was skipped or failed gives a claim that is not
 * resolved. A group without a row of the phase gives none.
 *
 * QK_ERR_IO, QK_ERR_FORMAT with the JSON path, QK_ERR_MEMORY. Free with baseline_audit_free on success.
 * Summary and sample set must outlive it.
 */
int baseline_audit_make(struct baseline_audit *audit, const char *path, const struct bench_summary *sum,
                        struct qk_error *err);
void baseline_audit_free(struct baseline_audit *audit);
/*
 * The verdict on a claimed ratio. Without an interval its ends are NaN, which is neither above nor below
 * anything.
 */
enum baseline_audit_verdict baseline_audit_judge(const struct bench_interval *measured, double claimed);
extern const char *const baseline_audit_words[]; /* "confirmed", "refuted", "not resolved", NULL */
