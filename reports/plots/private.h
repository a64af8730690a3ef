/* SPDX-License-Identifier: MIT */
/* The plots, each a file, and the scripts, which are compiled in. */
#pragma once

#include "reports/plots/plots.h"
#include "reports/plots/tsv.h"

void report_plot_forest(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_phases(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_scaling(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_tokens(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_breakdown(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_waterfall(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_instructions(const struct report_results *all, size_t of, size_t n, FILE *to);
void report_plot_roofline(const struct report_results *all, size_t of, size_t n, FILE *to);

extern const char report_plot_common[], report_plot_rows[], report_plot_xy[]; /* common.gp, rows.gp, xy.gp */
