/* SPDX-License-Identifier: MIT */
/*
 * Everything people read: tables and plots. This folder computes nothing. Numbers arrive in plain structs
 * from harness/ and baselines/, and leave as text. A number that is not there is printed as "-", with its
 * reason below the table.
 */
#pragma once

#include "baselines/campaigns/campaign.h"
#include "baselines/claims/e2e_audit.h"
#include "harness/records/summary.h"

#include <stdio.h>

struct report_input {
    const struct bench_sample_set *set;
    const struct bench_summary *summary;
    const struct baseline_audit *audit;  /* of the roadmap; NULL: no audit section */
    const struct baseline_audit *audits; /* of claims that were named */
    size_t audit_count;
    const struct baseline_e2e_audit *e2e_audit;       /* NULL: no whole model */
    const struct bench_e2e *e2e;                      /* what e2e_audit judges */
    const struct baseline_campaign_summary *campaign; /* NULL: none was named */
    const char *no_plot; /* NULL, or why there is no plot, for text and markdown */
};

/* Writes aligned plain text of at most 120 columns. QK_ERR_IO when the stream fails. */
int report_text(const struct report_input *in, FILE *to, struct qk_error *err);
/* Writes the same numbers as GitHub-flavoured markdown. */
int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err);

enum { REPORT_POINTS_MAX = 2000 }; /* a picture shows no more */
