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

/* Feeds tokens and samples greedily from what the state's head gives; *next NULL: without sampling. */
static int feed(struct bench_e2e_work *w, struct model_state *s, const int32_t *tokens, size_t n,
                int32_t *next, struct qk_error *err)
{
    const struct model_probe probe = {mark, &w->watch};
    struct model_top top;
    const bool largest = model_top_most(s) > 0;
    int code = largest ? model_forward_top(s, tokens, n, 1, &top, &probe, err)
                       : model_forward(s, tokens, n, w->logits, MODEL_LOGITS_LAST, &probe, err);
    if (code || !next)
        return code;
    return largest ? model_sampler_among(w->sampler, top.id, top.logit, top.count, next, err)
                   : model_sampler_next(w->sampler, w->logits, next, err);
}

int bench_e2e_prompt(struct bench_e2e_work *w, struct model_state *s, size_t n, struct qk_error *err)
{
    model_rewind(s, 0);
    int code = interrupted(w, err);
    start(&w->watch);
    if (!code)
        code = feed(w, s, w->tokens, n, NULL, err);
    end_part(&w->watch, MODEL_PART_HEAD); /* the way back from it */
    return code;
}

int bench_e2e_generate(struct bench_e2e_work *w, struct model_state *s, size_t n, struct qk_error *err)
{
    int code = 0;
    int32_t next;
    model_rewind(s, 0);
    start(&w->watch);
    for (size_t i = 0; i < n && !code; i++) {
        code = interrupted(w, err);
        if (!code)
            code = feed(w, s, &w->tokens[i], 1, &next, err);
        end_part(&w->watch, BENCH_E2E_SAMPLING);
    }
    return code;
}
