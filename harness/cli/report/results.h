/* SPDX-License-Identifier: MIT */
/* Results of any kind and claims, read by what their files say they are. */
#pragma once

#include "reports/text/result.h"

struct cli_results {
    struct report_results all;
    struct cli_result *in; /* what they own */
    struct baseline_audit *audits;
    struct baseline_campaign runs;
    struct baseline_campaign_summary campaign;
};

/*
 * Each file of claims among them is held against all results. A name that ends in .jsonl is a campaign's.
 * `claims` is the roadmap that each result is held against, or NULL. `trace` is of the one gate among the
 * files, or NULL. Errors of reading; QK_ERR_FORMAT also for JSON of another kind. QK_ERR_ARG when there is no
 * result among them. Free in any case.
 */
int cli_results_read(struct cli_results *r, const char *const *files, size_t count, const char *trace,
                     const char *claims, struct qk_error *err);
void cli_results_free(struct cli_results *r);
