/* SPDX-License-Identifier: MIT */
/* What campaigns of the gate found, for people. */
#pragma once

#include "baselines/campaigns/campaign.h"
#include "reports/text/table.h"

/*
 * Unchanged builds by run, slowed builds by case, the smallest size that is caught, and how far reported
 * ratios repeat. Sorts the runs. QK_ERR_MEMORY, QK_ERR_IO.
 */
int report_campaign(struct baseline_campaign *c, report_render *render, FILE *to, struct qk_error *err);
/* The same tables, for what has others beside them. */
void report_campaign_add(struct report_tables *all, const struct baseline_campaign_summary *s);

enum { REPORT_QUOTE = 400 };
/*
 * What a duet says of the campaign of its machine, where there is one (baseline_campaign_quote), or that its
 * file cannot be read. Empty for other gates. Returns `to`.
 */
const char *report_campaign_quote(const struct baseline_report *r, char to[REPORT_QUOTE]);
