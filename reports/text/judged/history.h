/* SPDX-License-Identifier: MIT */
/* A history for people: what was measured, and which cases drift. */
#pragma once

#include "baselines/history/drift.h"
#include "reports/text/table.h"

/* A table for each machine, in the order of the rows. Rows of one machine stand together. */
int report_history_log(const struct baseline_history_rows *rows, report_render *render, FILE *to,
                       struct qk_error *err);
/* Cases that are not steady come first. `all`: also those that are. */
int report_history_check(const struct baseline_drifts *d, bool all, report_render *render, FILE *to,
                         struct qk_error *err);
