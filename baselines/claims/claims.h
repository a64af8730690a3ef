/* SPDX-License-Identifier: MIT */
/*
 * A file of claims: what somebody says about the speed of kernels or models, and where. The claims of a
 * roadmap are about the phases of one op; the file then names it. claims.c declares the format.
 */
#pragma once

#include "harness/records/fields/fields.h"

enum { BASELINE_CLAIMS_SCHEMA_VERSION = 1, BASELINE_PHASES_MAX = 8 };

enum baseline_claim_kind {
    BASELINE_CLAIM_STEP,  /* gain over the previous phase */
    BASELINE_CLAIM_TOTAL, /* gain over the reference */
    /* Below, `of` and `than` are globs on names of cases, or of rows of whole models (measured.h). */
    BASELINE_CLAIM_CASES,     /* how many times as fast a case is, for each element */
    BASELINE_CLAIM_BYTES,     /* how many times fewer bytes it touches, for each element */
    BASELINE_CLAIM_MODEL,     /* how many times as fast a whole model is */
    BASELINE_CLAIM_RATE,      /* the speed of a case */
    BASELINE_CLAIM_TOKENS,    /* tokens a second of a whole model */
    BASELINE_CLAIM_ELSEWHERE, /* what no row here expresses */
};

enum baseline_claim_unit { BASELINE_GOPS, BASELINE_GBS, BASELINE_GWEIGHTS };

struct baseline_claim {
    enum baseline_claim_kind kind;
    char phase[12], over[12]; /* "2.5"; "1", "baseline". Of a step or total, as shape and goal */
    char shape[48];           /* the only shape the claim is for; empty: every shape */
    char what[120];           /* in the source's words: "projected total" */
    char there[240];          /* how it was measured there; empty where the source does not say */
    double ratio, rate;       /* the claimed figure: above 0; 0 where the kind has another */
    char figure[60];          /* the same of ELSEWHERE */
    char of[120], than[120];
    enum baseline_claim_unit unit; /* of a RATE */
    bool up_to;                    /* the best case has to reach the figure; otherwise each has to */
    bool goal;                     /* the roadmap's goal */
    char needs[240];               /* of ELSEWHERE: what would make it testable */
};

/* What somebody says a part of the work takes in each phase. */
struct baseline_component_claim {
    char name[32];  /* in the source's words: "LUT look-up" */
    char stage[16]; /* the op's stage that it is compared with, or "total" */
    size_t count;   /* at least 1 */
    struct baseline_time_claim {
        char phase[12];
        double ms; /* per token of a 2B model; at least 0 */
    } at[BASELINE_PHASES_MAX];
    double gain;                        /* claimed for one phase; NaN when none is */
    char gain_phase[12], gain_over[12]; /* "4"; "3", "baseline". Empty without a gain */
};

/* What somebody says a whole model takes in each phase. */
struct baseline_end_to_end_claims {
    uint64_t tokens; /* to be generated within limit_s seconds */
    double limit_s;
    size_t count; /* 0: nothing is claimed, and tokens and limit_s are 0 */
    struct baseline_whole_claim {
        char phase[12];
        double s_per_token, s; /* s: for `tokens` tokens, as the source rounds it */
        double ratio;          /* over the baseline; NaN for the baseline itself */
        bool target;           /* the source means to reach this figure, and does not say it has */
    } at[BASELINE_PHASES_MAX];
};

struct baseline_claims {
    char source[160];                            /* what the claims were taken from */
    char url[160];                               /* where that is; may be empty */
    char op[64];                                 /* of the phases; empty where no claim is about phases */
    size_t count;                                /* at least 1 */
    struct baseline_claim *claims;               /* owned, in the file's order */
    size_t component_count;                      /* 0 when the file has none */
    struct baseline_component_claim *components; /* owned, in the file's order; each stage once */
    struct baseline_end_to_end_claims end_to_end;
};

extern const struct bench_fields baseline_claims_fields;
/* A struct baseline_time_claim in a map by phase. */
extern const struct bench_fields baseline_time_claim_fields;
/*
 * Reads the file strictly. These are errors:
 *   - a member, kind or phase that is unknown
 *   - a member that is missing or doubled
 *   - a text that is too long for its field
 *   - a ratio that is not positive
 *   - a second goal, or a second component of one stage
 *   - phases or components in a file that names no op
 *
 * QK_ERR_IO, QK_ERR_FORMAT (with the JSON path, or the line when it is not JSON), QK_ERR_MEMORY. Free on
 * success only.
 */
int baseline_claims_read(struct baseline_claims *claims, const char *path, struct qk_error *err);
void baseline_claims_free(struct baseline_claims *claims);

enum { BASELINE_CLAIM_FIGURE = 80 };
/* Writes the claimed figure as people say it: "up to 2.10x", "42.66 tokens/s". Returns `to`. */
char *baseline_claim_figure(const struct baseline_claim *claim, char to[BASELINE_CLAIM_FIGURE]);
/* "x" of a ratio, else "tokens/s", "Gop/s", ... */
const char *baseline_claim_unit(const struct baseline_claim *claim);

/*
 * The place of a phase in a ladder: "baseline" 0, "1" 10, "2.5" 25. Returns -1 for what is no phase ("-").
 */
int baseline_phase_rank(const char *phase);
