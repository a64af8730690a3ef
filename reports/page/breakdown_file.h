/* SPDX-License-Identifier: MIT */
/*
 * What a page needs of a breakdown's and of a gate's JSON. Members that it does not need are not looked at.
 */
#pragma once

#include "baselines/gate/verdict.h"
#include "harness/breakdown/breakdown.h"

struct report_part {
    char name[16];
    struct bench_interval ms; /* per token of the 2B model */
    double ns, share;         /* share in per cent */
    bool resolved;
};

struct report_counted {
    char name[64];
    double kernel; /* of one call; NaN when not known */
};

struct report_breakdown_row {
    char op[80], variant[80], shape[BENCH_SHAPE_NAME], phase[12];
    int status; /* enum bench_status */
    char reason[400];
    size_t part_count, count_count;
    struct report_part parts[BENCH_STAGES_MAX], total;
    struct report_counted *counts; /* owned */
};

/* A claim about a component. */
struct report_gain {
    char component[32], shape[BENCH_SHAPE_NAME], phase[12], over[12], after[80], before[80], verdict[16],
        reason[240];
    double claimed;
    struct bench_interval measured;
};

struct report_breakdown_file {
    struct bench_environment env;
    bool quick;
    size_t count, gain_count;
    struct report_breakdown_row *rows; /* owned */
    struct report_gain *gains;         /* owned */
};

/* QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_FORMAT with the JSON path. Free in any case. */
int report_breakdown_read(struct report_breakdown_file *b, const char *path, struct qk_error *err);
void report_breakdown_file_free(struct report_breakdown_file *b);
/*
 * The same of a gate's JSON: everything that the forms of a gate show. Free with report_gate_free in any
 * case.
 */
int report_gate_read(struct baseline_report *r, const char *path, struct qk_error *err);
void report_gate_free(struct baseline_report *r);
