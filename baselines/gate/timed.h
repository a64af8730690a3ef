/* SPDX-License-Identifier: MIT */
/* What a gate times: one case, rule or control, its blocks, and what its result becomes of them. */
#pragma once

#include "baselines/gate/decide.h"

struct bench_duet_case;

struct timed {
    struct baseline_result *result;
    struct bench_duet_case *duet; /* of a duet, else NULL */
    struct baseline_decision decision;
    char changed[120]; /* what differs from the base's row, besides the code */
    const char *note;  /* what else a reader should know; NULL: nothing */
    bool refused;      /* the measuring gave it up; the result says why */
    size_t dropped;    /* blocks measured again because the clock misbehaved */
    size_t count, room;
    double *log_ratio, *base_ns, *cand_ns; /* [count], one of each block */
};

/* A block as it is kept; times are of a call, or of a token. */
struct baseline_timed_block {
    double log_ratio, base_ns, cand_ns, wall_ns, extra;
    size_t launch, dropped;
};

/* Adds a block to the timed one and its result. False: no memory. The decision does not see it. */
bool baseline_timed_keep(struct timed *t, const struct baseline_timed_block *b);
/*
 * Is the ratio of a decided case known as well as a report should say it? So once half of its interval is at
 * most `half_width`, a share, or once it has three times the blocks of its decision. Runs of one build then
 * report the same ratio. Where the median chooses between WARN and REGRESSION (decide.h), must-catch must
 * also lie outside the interval, or the case have six times the blocks.
 */
bool baseline_timed_precise(const struct timed *t, double half_width);
/* Fills ratio, times, verdict and reason of the result. QK_ERR_MEMORY. */
int baseline_timed_conclude(struct timed *t, struct qk_error *err);
void baseline_timed_free(struct timed *t);
