/* SPDX-License-Identifier: MIT */
/* A whole model's times, rung by rung, beside what a roadmap claims for a whole model. */
#pragma once

#include "baselines/claims/audit.h"
#include "harness/e2e/e2e.h"

struct baseline_e2e_row {
    const struct bench_e2e_row *row; /* of generation; borrowed */
    double seconds;                  /* for `tokens` tokens, by the median */
    bool within;                     /* `seconds` is within limit_s */
    /* NaN where nothing is claimed for the row's phase. */
    double claimed_s_per_token, claimed_s, claimed_ratio;
    bool target;
    bool judged; /* there are a measured and a claimed speed-up, and `verdict` compares them */
    enum baseline_audit_verdict verdict;
};

struct baseline_e2e_audit {
    uint64_t tokens;
    double limit_s;
    size_t count;
    struct baseline_e2e_row *rows; /* owned; the generation rows in their order */
};

/*
 * Reads the claims from `path` and sets those about generation beside e. The caller has summarised e, which
 * must outlive the audit. Without 95 % intervals (e->level) nothing is resolved. QK_ERR_IO, QK_ERR_MEMORY.
 * QK_ERR_FORMAT also when the file claims nothing about a whole model. Free on success.
 */
int baseline_e2e_audit_make(struct baseline_e2e_audit *audit, const char *path, const struct bench_e2e *e,
                            struct qk_error *err);
void baseline_e2e_audit_free(struct baseline_e2e_audit *audit);
