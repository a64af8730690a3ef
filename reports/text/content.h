/* SPDX-License-Identifier: MIT */
/* What a report says, as tables: the one place where numbers become text. */
#pragma once

#include "reports/text/report.h"
#include "reports/text/table.h"

/* The facts of the run, one table per group, its metrics, the audit if there is one. */
void report_add_content(struct report_tables *all, const struct report_input *in);

enum { REPORT_RATIO = 80 };
/*
 * "3.412x [3.405, 3.420]", with four digits, so that the interval's width shows; "3.412x -" without one; "-".
 */
const char *report_ratio(char to[REPORT_RATIO], const struct bench_interval *r);
/* A cell of that. `note` explains what is missing of it, 0 when that needs no words. */
void report_add_ratio(struct report_table *t, const struct bench_interval *r, size_t note);

/* Of content_metrics.c. Lines among the facts: disturbed blocks, and why there are no counters. */
void report_add_counter_facts(struct report_table *t, const struct report_input *in);

enum { REPORT_METRICS_MAX = 120 };

/* Metrics that have a value in one of a group's rows, each name once. */
struct report_metrics {
    const struct bench_metric *column[REPORT_METRICS_MAX]; /* of the first such row; borrowed */
    size_t count, left_out;                                /* left_out: beyond REPORT_METRICS_MAX */
    size_t tables;                                         /* that they take; often none */
};
void report_metrics_find(struct report_metrics *m, const struct bench_summary *sum, size_t first, size_t end);
/* Fills number `table` of them. */
void report_add_metrics(struct report_table *t, const struct bench_summary *sum, size_t first, size_t end,
                        const struct report_metrics *m, size_t table);
