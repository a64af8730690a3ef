/* SPDX-License-Identifier: MIT */
/* What a report says, as tables. This is the one place where numbers become text. */
#pragma once

#include "reports/text/report.h"
#include "reports/text/table.h"

/* Adds the facts of the run, and a table and metrics for each group. */
void report_add_content(struct report_tables *all, const struct report_input *in);

enum { REPORT_RATIO = 80 };
/*
 * Writes "3.412x [3.405, 3.420]", "3.412x -" without an interval, or "-". Four digits let the interval's
 * width show.
 */
const char *report_ratio(char to[REPORT_RATIO], const struct bench_interval *r);
/* Adds a cell with that. `note` explains what is missing; 0 when that needs no words. */
void report_add_ratio(struct report_table *t, const struct bench_interval *r, size_t note);

/*
 * Adds lines among the facts: disturbed blocks, and why there are no counters. From here on:
 * content_metrics.c.
 */
void report_add_counter_facts(struct report_table *t, const struct report_input *in);

enum { REPORT_METRICS_MAX = 120 };

/* The metrics that have a value in some row of a group, each name once. */
struct report_metrics {
    const struct bench_metric *column[REPORT_METRICS_MAX]; /* of the first such row; borrowed */
    size_t count, left_out;                                /* left_out: beyond REPORT_METRICS_MAX */
    size_t tables;                                         /* how many tables they need; often none */
};
void report_metrics_find(struct report_metrics *m, const struct bench_summary *sum, size_t first, size_t end);
/* Fills table number `table` of these. */
void report_add_metrics(struct report_table *t, const struct bench_summary *sum, size_t first, size_t end,
                        const struct report_metrics *m, size_t table);
