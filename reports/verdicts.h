/* SPDX-License-Identifier: MIT */
/*
 * What a gate found (baselines/verdict.h), in the forms its readers take. All write to an open stream and return 0,
 * QK_ERR_IO or QK_ERR_MEMORY; the report is borrowed and nothing is computed here.
 */
#ifndef QKBENCH_REPORTS_VERDICTS_H
#define QKBENCH_REPORTS_VERDICTS_H

#include "baselines/verdict.h"

#include <stdio.h>

/* For people at a terminal: facts, a table of all cases, the verdict and what to do about it. At most 120 columns. */
int report_verdicts_text(const struct baseline_report *r, FILE *to, struct qk_error *err);
/* The same for a job summary: under 1 MiB, GitHub's limit, whatever the number of cases; what was cut is said. */
int report_verdicts_markdown(const struct baseline_report *r, FILE *to, struct qk_error *err);
/* Everything, as strict JSON (reports/verdicts.schema.json). */
int report_verdicts_json(const struct baseline_report *r, FILE *to, struct qk_error *err);
/* JUnit XML: REGRESSION is a failure, INCONCLUSIVE skipped, INVALID and MISSING errors. */
int report_verdicts_junit(const struct baseline_report *r, FILE *to, struct qk_error *err);
/* GitHub workflow commands: the worst ten cases, and how many there are. */
int report_verdicts_github(const struct baseline_report *r, FILE *to, struct qk_error *err);
/* Bencher Metric Format: the ratio with its interval, and the candidate's latency. */
int report_verdicts_bmf(const struct baseline_report *r, FILE *to, struct qk_error *err);

#endif
