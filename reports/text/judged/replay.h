/* SPDX-License-Identifier: MIT */
/* Traces that were decided again, for people. */
#pragma once

#include "baselines/campaigns/replay.h"
#include "reports/text/table.h"

/*
 * What each rule did with the windows of each size. each: before that every decision, and times to it.
 * QK_ERR_MEMORY, QK_ERR_IO.
 */
int report_replay(const struct baseline_replay *r, bool each, report_render *render, FILE *to,
                  struct qk_error *err);
/* "3 of 60: 5.0 % [1.0, 13.9]". */
void report_add_rate(struct report_table *t, const struct baseline_rate *rate);
