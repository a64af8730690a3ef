/* SPDX-License-Identifier: MIT */
#include "model/sampler.h"

#include <math.h>
#include <stdlib.h>

struct choice {
    float logit;
    int32_t id;
    double weight;
};

struct model_sampler {
    struct model_sampling how;
    size_t vocab;
    struct qk_rng rng;
    struct choice *choice; /* [vocab] */
};

int model_sampler_new(struct model_sampler **to, const struct model_sampling *how, size_t vocab,
                      struct qk_error *err)
{
    size_t bytes;
    *to = NULL;
    if (!(how->temperature >= 0 && how->temperature <= 1e6f))
        return qk_fail(err, QK_ERR_ARG, "temperature", "found %g, expected 0 (greedy) to 1e6",
                       (double)how->temperature);
    if (!(how->top_p > 0 && how->top_p <= 1))
        return qk_fail(err, QK_ERR_ARG, "top-p", "found %g, expected above 0, up to 1", (double)how->top_p);
    if (vocab < 1 || vocab > INT32_MAX || !qk_mul_size(vocab, sizeof(struct choice), &bytes))
        return qk_fail(err, QK_ERR_ARG, "vocabulary", "found %zu tokens, expected 1 to %d", vocab, INT32_MAX);
    struct model_sampler *s = calloc(1, sizeof *s);
    if (s)
        s->choice = malloc(bytes);
    if (!s || !s->choice) {
        free(s);
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory to choose among %zu tokens", vocab);
    }
    s->how = *how;
    s->vocab = vocab;
    qk_rng_seed(&s->rng, how->seed);
    *to = s;
    return 0;
}

void model_sampler_free(struct model_sampler *s)
{
    if (s)
        free(s->choice);
    free(s);
}

static int larger_first(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;
    return x->logit != y->logit ? (x->logit < y->logit) - (x->logit > y->logit)
                                : (x->id > y->id) - (x->id < y->id);
}

/* How many of the sorted choices are left: those of top_k, and of them the fewest that reach top_p. */
static size_t cut(struct model_sampler *s)
{
    const size_t k = s->how.top_k && s->how.top_k < s->vocab ? s->how.top_k : s->vocab;
    double sum = 0, reached = 0;
    for (size_t i = 0; i < k; i++) {
        /* Differences are at most 0, so nothing overflows; the largest has weight 1. */
        s->choice[i].weight = exp(((double)s->choice[i].logit - s->choice[0].logit) / s->how.temperature);
        sum += s->choice[i].weight;
    }
    for (size_t i = 0; i < k; i++) {
        reached += s->choice[i].weight;
        if (reached >= (double)s->how.top_p * sum)
            return i + 1;
    }
    return k;
}

int model_sampler_next(struct model_sampler *s, const float *logits, int32_t *id, struct qk_error *err)
{
    size_t best = 0;
    for (size_t i = 0; i < s->vocab; i++) {
        if (!isfinite(logits[i]))
            return qk_fail(err, QK_ERR_INVALID, "logits",
                           "the logit of token %zu is %g: nothing can be chosen by it", i, (double)logits[i]);
        if (logits[i] > logits[best])
            best = i;
    }
    *id = (int32_t)best;
    if (s->how.temperature == 0 || s->how.top_k == 1)
        return 0;
    for (size_t i = 0; i < s->vocab; i++)
        s->choice[i] = (struct choice){.logit = logits[i], .id = (int32_t)i};
    qsort(s->choice, s->vocab, sizeof *s->choice, larger_first);
    const size_t left = cut(s);
    double sum = 0;
    for (size_t i = 0; i < left; i++)
        sum += s->choice[i].weight;
    double drawn = (double)(qk_rng_next(&s->rng) >> 11) * 0x1p-53 * sum;
    size_t i = 0;
    while (i + 1 < left && drawn >= s->choice[i].weight)
        drawn -= s->choice[i++].weight;
    *id = s->choice[i].id;
    return 0;
}
