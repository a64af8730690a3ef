/* SPDX-License-Identifier: MIT */
/* One case over time: its ratios to a pinned release and to its parents, and what was expected. */
#pragma once

#include "baselines/history/trend.h"
#include "reports/plots/plots.h"

extern const struct report_plot report_history_plot; /* for report_plot_script */
/* The numbers of the plot; times where there is no ratio. QK_ERR_IO. QK_ERR_INVALID: there is neither. */
int report_history_tsv(const struct baseline_trend *t, FILE *to, struct qk_error *err);
