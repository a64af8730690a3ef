/* SPDX-License-Identifier: MIT */
/* What the files of e2e share: the buffers of a run, and the stopwatch that its marks drive. */
#pragma once

#include "harness/counters/counters.h"
#include "harness/e2e/e2e.h"
#include "model/forward/sampler.h"

struct bench_e2e_stopwatch {
    uint64_t start, last;             /* bench_clock_ns */
    int64_t part_ns[BENCH_E2E_PARTS]; /* below 0 when the clock went back */
    int64_t first_ns;                 /* of a prompt: until its first token was sampled */
};

struct bench_e2e_work {
    const struct bench_e2e_config *cfg;
    struct bench_e2e_stopwatch watch;
    struct qk_rng rng;
    struct model_state **states; /* [state_count], by set, head, threads and depth */
    size_t state_count, tests;   /* tests: rows of each state, 1 or 2 */
    struct model_sampler *sampler;
    int32_t *tokens; /* [position], to the end of the longer test at the largest depth */
    float *logits;   /* [vocab] */
    size_t *order;   /* [rows] */
};

/* Checks cfg, makes rows, states and buffers. Call bench_e2e_finish in any case. */
int bench_e2e_prepare(struct bench_e2e *e, struct bench_e2e_work *w, struct qk_error *err);
void bench_e2e_finish(struct bench_e2e_work *w);

/* Fills the cache up to the depth. */
int bench_e2e_fill(struct bench_e2e_work *w, struct model_state *s, size_t depth, struct qk_error *err);
/* One test from that depth on, timed by w->watch. each[n]: the tokens' times; NULL: nobody wants them. */
int bench_e2e_prompt(struct bench_e2e_work *w, struct model_state *s, size_t depth, size_t n,
                     struct qk_error *err);
int bench_e2e_generate(struct bench_e2e_work *w, struct model_state *s, size_t depth, size_t n, double *each,
                       struct qk_error *err);

/* Starts the peer once, and puts what it measured into that repetition of the rows. */
int bench_e2e_ask_peer(struct bench_e2e_work *w, struct bench_e2e *e, size_t repetition,
                       struct qk_error *err);

/*
 * Fills in what a token of the row reads, with what the state's head has counted between `before` and `now`.
 */
void bench_e2e_put_bytes(const struct bench_e2e *e, const struct bench_e2e_config *cfg,
                         struct bench_e2e_row *row, const struct model_head_work *before,
                         const struct model_head_work *now);

/* Counts one generated token, and puts the counters into the row's metrics. */
int bench_e2e_count(struct bench_e2e_work *w, struct model_state *s, const struct bench_e2e *e,
                    struct bench_e2e_row *row, struct qk_error *err);

/* A row as files have it: with what all rows have in common, and what follows from its samples. */
struct bench_e2e_line {
    struct bench_e2e e;
    struct bench_e2e_row row;
    char backends[320];
    double avg_ns, stddev_ns, avg_ts, stddev_ts, median_ms, median_ts;
    size_t speed_count;
    double *speeds; /* owned; tokens a second */
};
extern const char *const bench_e2e_forms[]; /* words of kv_f16 */
