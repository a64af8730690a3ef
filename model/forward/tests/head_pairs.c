/* SPDX-License-Identifier: MIT */
#include "model/forward/tests/head_pairs.h"

#include "kernels/tests/cmocka_parts.h"
#include "model/forward/private.h"
#include "model/forward/tests/forward_fixture.h"

#include <stdlib.h>

static const struct model_sampling ways[] = {
    {.top_p = 1},
    {.temperature = 0.8f, .top_k = 40, .top_p = 1, .seed = 5},
    {.temperature = 1.2f, .top_k = 12, .top_p = 0.9f, .seed = 6},
};

/* The next token by both heads from the same hidden state, which the pass has left in s->input. */
static int32_t step(struct model_state *s, struct model_sampler *const sampler[2], int32_t token,
                    float *logits)
{
    struct qk_error err;
    struct model_top top;
    int32_t full;
    const size_t k = model_sampler_needs(sampler[0]);
    assert_in_range(k, 1, model_top_most(s));
    assert_works(model_forward_top(s, &token, 1, k, &top, NULL, &err), err);
    assert_works(model_sampler_among(sampler[0], top.id, top.logit, top.count, &token, &err), err);
    model_head(s, logits, 1);
    assert_works(model_sampler_next(sampler[1], logits, &full, &err), err);
    if (full != token)
        fail_msg("position %zu: %d, %d by the full head", model_position(s), token, full);
    return token;
}

static void generate(const struct model_weights *w, size_t n, int32_t token, size_t threads,
                     const struct model_sampling *how, float *logits)
{
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    const struct model_options o = {
        .threads = threads, .context = n, .kv_f16 = true, .head = MODEL_HEAD_CERTIFIED};
    struct model_sampler *sampler[2];
    struct model_state *s;
    struct qk_error err;
    assert_works(model_state_new(&s, w, &k, &o, &err), err);
    for (int i = 0; i < 2; i++)
        assert_works(model_sampler_new(&sampler[i], how, w->config.vocab, &err), err);
    for (size_t t = 0; t < n; t++)
        token = step(s, sampler, token, logits);
    const struct model_head_work *work = model_head_work(s);
    assert_int_equal(work->tokens, n);
    print_message("# top-k %zu: %.1f rows of %zu and %.3f MB a token; coarse alone %llu, full %llu\n",
                  model_sampler_needs(sampler[0]), (double)work->rescored / (double)n, w->config.vocab,
                  (double)work->bytes * 1e-6 / (double)n, (unsigned long long)work->coarse,
                  (unsigned long long)work->full);
    model_state_free(s);
    for (int i = 0; i < 2; i++)
        model_sampler_free(sampler[i]);
}

void head_pairs_generate(const struct model_weights *w, size_t n, int32_t first, size_t threads)
{
    float *logits = malloc(w->config.vocab * sizeof *logits);
    assert_non_null(logits);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        generate(w, n, first, threads, &ways[i], logits);
    free(logits);
}
