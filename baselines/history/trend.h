/* SPDX-License-Identifier: MIT */
/* The results of one case on one machine over time, with what was expected after each. For a plot. */
#pragma once

#include "baselines/history/drift.h"

struct baseline_trend_point {
    int64_t run, time;
    char commit[64];
    struct bench_interval parent, pinned; /* pinned: only against the trend's release */
    double ns;
    enum baseline_mark mark;
    double expected, most; /* most: the largest ratio that is no drift; NaN before the first margin */
    bool drifts;
};
struct baseline_trend {
    struct baseline_history_row last;    /* case, machine and the newest release */
    bool timed, compared;                /* some point has a time, or a ratio */
    size_t count, left_out;              /* left_out: older results beyond `most` points */
    struct baseline_trend_point *points; /* owned; oldest first */
};
/*
 * At most `most` of the newest points. QK_ERR_ARG: the pattern matches several cases, or the case was
 * measured on several machines. Codes of baseline_history_each. Free in any case.
 */
int baseline_trend_make(struct baseline_trend *t, struct baseline_history *h, const char *pattern,
                        const char *machine, double margin, size_t most, struct qk_error *err);
void baseline_trend_free(struct baseline_trend *t);
