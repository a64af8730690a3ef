/* SPDX-License-Identifier: MIT */
/*
 * Claims beside measurements: each claim of a roadmap file (reports/roadmap.json) against every group of a
 * summary that measured it.
 */
#ifndef QKBENCH_BASELINES_AUDIT_H
#define QKBENCH_BASELINES_AUDIT_H

#include "harness/summary.h"

enum baseline_claim_kind {
    BASELINE_CLAIM_STEP,  /* gain over the previous phase */
    BASELINE_CLAIM_TOTAL, /* gain over the reference */
};

enum baseline_audit_verdict {
    BASELINE_CONFIRMED,    /* the interval lies at or above the claim */
    BASELINE_REFUTED,      /* the interval lies below the claim */
    BASELINE_NOT_RESOLVED, /* the claim is inside the interval, or there is no interval */
};

struct baseline_audit_row {
    const char *op, *shape;           /* borrowed from the sample set */
    const char *variant, *previous;   /* measured variant, and what it is relative to */
    char phase[8], claimed_over[12];  /* of the claim: "2.5"; "1", "baseline" */
    enum baseline_claim_kind kind;
    double claimed;
    struct bench_interval measured;
    enum baseline_audit_verdict verdict;
};

struct baseline_audit {
    char source[160]; /* what the claims were taken from, from the file */
    size_t count;
    struct baseline_audit_row *rows; /* owned; by group, then in the file's order */
};

/*
 * Reads the claims from `path` and judges them. Claims nothing in the summary measured give no row.
 * QK_ERR_IO, QK_ERR_FORMAT with the JSON path, QK_ERR_MEMORY. Free with baseline_audit_free on success;
 * summary and sample set must outlive it.
 */
int baseline_audit_make(struct baseline_audit *audit, const char *path, const struct bench_summary *sum,
                        struct qk_error *err);
void baseline_audit_free(struct baseline_audit *audit);
/* "confirmed", "refuted", "not resolved". */
const char *baseline_audit_word(enum baseline_audit_verdict verdict);

#endif
