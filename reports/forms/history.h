/* SPDX-License-Identifier: MIT */
/* A history in the forms that other programs read. The writers compute nothing. */
#pragma once

#include "baselines/history/history.h"
#include "harness/records/fields/fields.h"

#include <stdio.h>

/* CSV (RFC 4180): a head, then a line for each row. What is not known is an empty field. */
void report_history_csv_head(FILE *to);
void report_history_csv(const struct baseline_history_row *row, FILE *to);

/* OpenMetrics text of rows that have each case once on each machine. QK_ERR_IO. */
int report_history_openmetrics(const struct baseline_history_rows *rows, FILE *to, struct qk_error *err);

enum report_history_value { REPORT_NS, REPORT_PARENT, REPORT_PINNED, REPORT_VALUES };
extern const char *const report_history_values[REPORT_VALUES + 1]; /* "ns", "parent", "pinned", NULL */
/*
 * The JSON that github-action-benchmark reads as customSmallerIsBetter. Cases without the value are left out.
 * QK_ERR_INVALID: all are. QK_ERR_IO, QK_ERR_MEMORY.
 */
int report_history_github(const struct baseline_history_rows *rows, enum report_history_value value, FILE *to,
                          struct qk_error *err);
extern const struct bench_fields report_github_fields;
