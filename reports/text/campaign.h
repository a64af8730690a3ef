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
/*
 * What a duet's text ends with: the campaign of its machine, where there is one (baseline_campaign_quote). A
 * file that cannot be read is said there, and is no error.
 */
int report_campaign_quote(const struct baseline_report *r, FILE *to, struct qk_error *err);
