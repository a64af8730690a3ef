/* SPDX-License-Identifier: MIT */
/* One test of a whole model, timed part by part. */
#include "harness/e2e/private.h"

#include "harness/machine/clock.h"

#include <assert.h>
#include <string.h>

/* What passed since the last mark belongs to `part`. */
static void end_part(struct bench_e2e_stopwatch *w, size_t part)
{
    const uint64_t now = bench_clock_ns();
    assert(part < BENCH_E2E_PARTS);
    w->part_ns[part] += (int64_t)(now - w->last);
    w->last = now;
}

static void mark(void *ctx, enum model_part part)
{
    end_part(ctx, (size_t)part);
}

static void start(struct bench_e2e_stopwatch *w)
{
    memset(w, 0, sizeof *w);
    w->start = w->last = bench_clock_ns();
}

static int interrupted(const struct bench_e2e_work *w, struct qk_error *err)
{
    return bench_job_stopped(&w->cfg->job) ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
}

/* Feeds tokens. What the state's head gives is in *top when it has only the largest, else in w->logits. */
static int feed(struct bench_e2e_work *w, struct model_state *s, const int32_t *tokens, size_t n,
                struct model_top *top, struct qk_error *err)
{
    const struct model_probe probe = {mark, &w->watch};
    return model_top_most(s) ? model_forward_top(s, tokens, n, 1, top, &probe, err)
                             : model_forward(s, tokens, n, w->logits, MODEL_LOGITS_LAST, &probe, err);
}

/* Greedily. */
static int sample(struct bench_e2e_work *w, const struct model_state *s, const struct model_top *top,
                  struct qk_error *err)
{
    int32_t next;
    return model_top_most(s) ? model_sampler_among(w->sampler, top->id, top->logit, top->count, &next, err)
                             : model_sampler_next(w->sampler, w->logits, &next, err);
}

int bench_e2e_fill(struct bench_e2e_work *w, struct model_state *s, size_t depth, struct qk_error *err)
{
    const size_t step = w->cfg->batch ? w->cfg->batch : MODEL_BATCH_MAX;
    int code = 0;
    model_rewind(s, 0);
    for (size_t at = 0; at < depth && !code; at += step) {
        code = interrupted(w, err);
        if (!code)
            code = model_forward(s, &w->tokens[at], depth - at < step ? depth - at : step, NULL,
                                 MODEL_LOGITS_NONE, NULL, err);
    }
    return code;
}

int bench_e2e_prompt(struct bench_e2e_work *w, struct model_state *s, size_t depth, size_t n,
                     struct qk_error *err)
{
    struct model_top top;
    model_rewind(s, depth);
    int code = interrupted(w, err);
    start(&w->watch);
    if (!code)
        code = feed(w, s, &w->tokens[depth], n, &top, err);
    end_part(&w->watch, MODEL_PART_HEAD); /* the way back from it */
    if (!code)
        code = sample(w, s, &top, err);
    w->watch.first_ns = (int64_t)(bench_clock_ns() - w->watch.start);
    return code;
}

int bench_e2e_generate(struct bench_e2e_work *w, struct model_state *s, size_t depth, size_t n, double *each,
                       struct qk_error *err)
{
    int code = 0;
    struct model_top top;
    model_rewind(s, depth);
    start(&w->watch);
    uint64_t begin = w->watch.start;
    for (size_t i = 0; i < n && !code; i++) {
        code = interrupted(w, err);
        if (!code)
            code = feed(w, s, &w->tokens[depth + i], 1, &top, err);
        if (!code)
            code = sample(w, s, &top, err);
        end_part(&w->watch, BENCH_E2E_SAMPLING);
        if (each)
            each[i] = (double)(int64_t)(w->watch.last - begin);
        begin = w->watch.last;
    }
    return code;
}
