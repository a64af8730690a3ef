/* SPDX-License-Identifier: MIT */
/* What the two halves of the duet's gate share: planning (duet.c) and measuring (duet_measure.c). */
#pragma once

#include "baselines/gate/duet.h"
#include "baselines/gate/timed.h"

struct gate {
    const struct baseline_duet_config *cfg;
    struct baseline_report *report;
    bool same;    /* the two files have the same bytes */
    size_t count; /* timed */
    struct timed *timed;
    struct bench_duet_case *duet; /* [count], in the same order */
    struct bench_launcher launcher;
    struct bench_duet_config run;
    int code; /* of a callback: memory, trace */
    struct qk_error err;
};

/* Runs the duet and fills the results of all timed cases. */
int baseline_gate_measure(struct gate *g, struct qk_error *err);
void baseline_gate_free(struct gate *g);
