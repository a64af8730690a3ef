/* SPDX-License-Identifier: MIT */
/* A roadmap file: what somebody claimed about the phases of one op. Format: reports/roadmap.schema.json. */
#ifndef QKBENCH_BASELINES_CLAIMS_H
#define QKBENCH_BASELINES_CLAIMS_H

#include "kernels/support.h"

enum { BASELINE_CLAIMS_SCHEMA_VERSION = 1 };

enum baseline_claim_kind {
    BASELINE_CLAIM_STEP,  /* gain over the previous phase */
    BASELINE_CLAIM_TOTAL, /* gain over the reference */
};

struct baseline_claim {
    enum baseline_claim_kind kind;
    char phase[12], over[12]; /* "2.5"; "1", "baseline" */
    char shape[48];           /* the only shape the claim was made for; empty: every shape */
    char what[64];            /* what kind of statement it is: "projected total" */
    double ratio;             /* finite, above 0 */
    bool goal;                /* the figure the roadmap set out to reach */
};

struct baseline_claims {
    char source[160]; /* what the claims were taken from */
    char op[64];
    size_t count;                  /* at least 1 */
    struct baseline_claim *claims; /* owned, in the file's order */
};

/*
 * Reads the file strictly: an unknown member, kind or phase, a missing or a doubled member, a text too long for its
 * field and a ratio that is not positive are errors, as is a second goal. QK_ERR_IO, QK_ERR_FORMAT (with the
 * JSON path, or the line when it is not JSON), QK_ERR_MEMORY. Free on success only.
 */
int baseline_claims_read(struct baseline_claims *claims, const char *path, struct qk_error *err);
void baseline_claims_free(struct baseline_claims *claims);

/* Place of a phase in a ladder: "baseline" 0, "1" 10, "2.5" 25; -1 for what is not a phase ("-"). */
int baseline_phase_rank(const char *phase);

#endif
