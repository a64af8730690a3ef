/* SPDX-License-Identifier: MIT */
/* What the files of e2e share: the buffers of a run, and the stopwatch that its marks drive. */
#pragma once

#include "harness/counters/counters.h"
#include "harness/e2e/e2e.h"
#include "model/forward/sampler.h"

struct bench_e2e_stopwatch {
    uint64_t start, last;             /* bench_clock_ns */
    int64_t part_ns[BENCH_E2E_PARTS]; /* below 0 when the clock went back */
};

struct bench_e2e_work {
    const struct bench_e2e_config *cfg;
    struct bench_e2e_stopwatch watch;
    struct qk_rng rng;
    struct model_state **states; /* [state_count], set by set, head by head, threads by threads */
    size_t state_count, tests;   /* tests: rows of each state, 1 or 2 */
    struct model_sampler *sampler;
    int32_t *tokens; /* [the longer test] */
    float *logits;   /* [vocab] */
    size_t *order;   /* [rows] */
};

/* Checks cfg, makes rows, states and buffers. Call bench_e2e_finish in any case. */
int bench_e2e_prepare(struct bench_e2e *e, struct bench_e2e_work *w, struct qk_error *err);
void bench_e2e_finish(struct bench_e2e_work *w);

/* One test, timed by w->watch. */
int bench_e2e_prompt(struct bench_e2e_work *w, struct model_state *s, size_t n, struct qk_error *err);
int bench_e2e_generate(struct bench_e2e_work *w, struct model_state *s, size_t n, struct qk_error *err);

/* Counts one generated token, and puts the counters into the row's metrics. */
int bench_e2e_count(struct bench_e2e_work *w, struct model_state *s, const struct bench_e2e *e,
                    struct bench_e2e_row *row, struct qk_error *err);
