/* SPDX-License-Identifier: MIT */
/* Claims beside measurements. Each claim of a file is judged by every comparison of it that was measured. */
#pragma once

#include "baselines/claims/claims.h"
#include "harness/ceilings/ceilings.h"
#include "harness/e2e/e2e.h"
#include "harness/records/summary.h"

enum baseline_audit_verdict {
    BASELINE_CONFIRMED,    /* the interval lies at or above the claim: low >= claimed */
    BASELINE_REFUTED,      /* the interval lies below the claim: high < claimed */
    BASELINE_NOT_RESOLVED, /* the claim is inside the interval, or there is no interval */
    BASELINE_NOT_TESTABLE, /* here: nothing here expresses it, or this machine cannot run what does */
    BASELINE_IMPOSSIBLE,   /* a rate that this machine's memory does not give */
    BASELINE_AUDIT_VERDICTS,
};

struct baseline_audit_row {
    const struct baseline_claim *claim; /* borrowed from the audit */
    const char *op, *shape;             /* borrowed from the input; empty where nothing was measured */
    const char *variant;                /* what was measured; borrowed from input or audit; may be empty */
    const char *previous;               /* what it was measured against; borrowed; NULL: nothing */
    struct bench_interval measured;     /* in the claim's unit; NaN where there is no number */
    enum baseline_audit_verdict verdict;
    char why[400]; /* why there is no interval, or the verdict is another; else empty */
    size_t of;     /* comparisons of the claim that it stands for */
};

struct baseline_audit {
    struct baseline_claims claims;            /* owned */
    double goal;                              /* of a roadmap; NaN when the file names none */
    size_t verdicts[BASELINE_AUDIT_VERDICTS]; /* how many rows have each verdict */
    size_t count;
    struct baseline_audit_row *rows; /* owned; NULL when count is 0 */
    size_t text_count;
    char **texts; /* owned: what rows borrow from here */
};

/* One result: of run, of model bench or of ceilings. The others are NULL. */
struct baseline_audit_input {
    const struct bench_summary *run;
    const struct bench_e2e *model; /* summarised */
    const struct bench_ceilings *ceilings;
};

/*
 * Reads the claims from `path` and judges them. Rows are by input, then by claim; of phases by group, then by
 * claim.
 *
 * A claim about a phase is judged in every group of the file's op, or only of its shape if it names one. The
 * group's row of the phase has the figure. For a step that is the row's `step`, for a total its `speedup`. A
 * step is measured over the nearest earlier phase that was measured. That may be a later phase than the claim
 * names: 3 over 2.5 where the claim says 3 over 2. It may also be an earlier one, when a rung in between was
 * not measured. Then the two gains differ, and the claim is not resolved. Nor is a claim whose row was
 * skipped or failed. measured.h says how the other kinds are judged.
 *
 * A claim that nobody measured has no row, except ELSEWHERE.
 *
 * QK_ERR_IO, QK_ERR_FORMAT with the JSON path, QK_ERR_MEMORY. Free with baseline_audit_free on success.
 * Inputs must outlive the audit.
 */
int baseline_audit_make(struct baseline_audit *audit, const char *path,
                        const struct baseline_audit_input *inputs, size_t count, struct qk_error *err);
/*
 * Leaves one row for each claim, in the file's order. Of several comparisons the one that decides stays: the
 * worst, or the best of a claim with up_to. A claim that nobody measured gets a row that says what to
 * measure. QK_ERR_MEMORY; the audit is then as before.
 */
int baseline_audit_collapse(struct baseline_audit *audit, struct qk_error *err);
void baseline_audit_free(struct baseline_audit *audit);
/*
 * The verdict on a claimed figure. An interval that is not there has NaN as its ends. They are neither above
 * nor below anything, so the claim is not resolved.
 */
enum baseline_audit_verdict baseline_audit_judge(const struct bench_interval *measured, double claimed);
extern const char *const baseline_audit_words[]; /* "confirmed", ..., NULL */

/* For what makes rows. Returns a row with this claim and no number. NULL when memory is refused. */
struct baseline_audit_row *baseline_audit_add(struct baseline_audit *audit,
                                              const struct baseline_claim *claim);
