/* SPDX-License-Identifier: MIT */
/* Times of whole models as tables. */
#pragma once

#include "baselines/claims/e2e_audit.h"
#include "reports/text/table.h"

/*
 * Writes markdown: the table that llama-bench prints, with our columns beside its own (medians, not means).
 * Then comes what a token's time consists of. e has been summarised. QK_ERR_IO when the stream fails,
 * QK_ERR_MEMORY.
 */
int report_e2e_markdown(const struct bench_e2e *e, FILE *to, struct qk_error *err);

/*
 * Writes the ladder beside the claims: ms/token, tokens/s, speed-up, and the time for the number of tokens
 * that is claimed. The same errors.
 */
int report_e2e_ladder(const struct bench_e2e *e, const struct baseline_e2e_audit *audit, FILE *to,
                      bool markdown, struct qk_error *err);

/* The same as tables for the caller to write. */
void report_add_e2e(struct report_tables *all, const struct bench_e2e *e,
                    const struct baseline_e2e_audit *audit);
