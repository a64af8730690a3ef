/* SPDX-License-Identifier: MIT */
#include "model/forward/sampler.h"

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

static bool before(const struct choice *x, const struct choice *y)
{
    return x->logit != y->logit ? x->logit > y->logit : x->id < y->id;
}

static void sink(struct choice *heap, size_t count, size_t at)
{
    const struct choice moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* The largest of those left goes behind them. */
static void take(struct choice *heap, size_t left)
{
    const struct choice top = heap[0];
    heap[0] = heap[left - 1];
    sink(heap, left - 1, 0);
    heap[left - 1] = top;
}

/* Differences are at most 0, so nothing overflows; the largest has weight 1. */
static double weigh(const struct model_sampler *s, float logit, float largest)
{
    return exp(((double)logit - (double)largest) / (double)s->how.temperature);
}

/*
 * Takes the largest of `count` off a heap, to behind the others, until those of top_k and top_p are there;
 * returns how many. Sorting a whole vocabulary of 128 256 took 20 ms. *sum: of all weights if k is all;
 * afterwards of those kept.
 */
static size_t keep(struct model_sampler *s, size_t count, size_t k, float largest, double *sum)
{
    size_t taken = 0, kept = 0;
    double reached = 0;
    for (size_t i = count / 2; i-- > 0;)
        sink(s->choice, count, i);
    if (k < s->vocab)
        for (*sum = 0; taken < k; taken++) {
            take(s->choice, count - taken);
            struct choice *c = &s->choice[count - 1 - taken];
            *sum += c->weight = weigh(s, c->logit, largest);
        }
    while (kept < k && reached < (double)s->how.top_p * *sum) {
        if (kept == taken)
            take(s->choice, count - taken++);
        reached += s->choice[count - 1 - kept++].weight;
    }
    *sum = reached;
    return kept;
}

size_t model_sampler_needs(const struct model_sampler *s)
{
    if (s->how.temperature == 0)
        return 1;
    return s->how.top_k < s->vocab ? s->how.top_k : 0;
}

/* ids NULL: of the whole vocabulary. */
static int choose(struct model_sampler *s, const int32_t *ids, const float *logits, size_t count, int32_t *id,
                  struct qk_error *err)
{
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(logits[i]))
            return qk_fail(err, QK_ERR_INVALID, "logits",
                           "the logit of token %zu is %g: nothing can be chosen by it",
                           ids ? (size_t)ids[i] : i, (double)logits[i]);
        if (logits[i] > logits[best])
            best = i;
    }
    *id = ids ? ids[best] : (int32_t)best;
    if (model_sampler_needs(s) == 1)
        return 0;
    const size_t k = model_sampler_needs(s) ? model_sampler_needs(s) : s->vocab;
    size_t left = count;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double weight = k == s->vocab ? weigh(s, logits[i], logits[best]) : 0;
        s->choice[i] = (struct choice){logits[i], ids ? ids[i] : (int32_t)i, weight};
        sum += weight;
    }
    if (k < s->vocab || s->how.top_p < 1)
        left = keep(s, count, k, logits[best], &sum);
    double drawn = (double)(qk_rng_next(&s->rng) >> 11) * 0x1p-53 * sum;
    for (size_t i = count; i-- > count - left;) {
        if (drawn < s->choice[i].weight) {
            *id = s->choice[i].id;
            break;
        }
        drawn -= s->choice[i].weight; /* when rounding leaves some at the end, it is the largest after all */
    }
    return 0;
}

int model_sampler_next(struct model_sampler *s, const float *logits, int32_t *id, struct qk_error *err)
{
    return choose(s, NULL, logits, s->vocab, id, err);
}

int model_sampler_among(struct model_sampler *s, const int32_t *ids, const float *logits, size_t count,
                        int32_t *id, struct qk_error *err)
{
    const size_t needs = model_sampler_needs(s) ? model_sampler_needs(s) : s->vocab;
    if (count < needs || count > s->vocab)
        return qk_fail(err, QK_ERR_ARG, "logits", "found %zu, expected %zu to %zu", count, needs, s->vocab);
    return choose(s, ids, logits, count, id, err);
}
