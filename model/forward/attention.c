/* SPDX-License-Identifier: MIT */
/* Rope, the cache of keys and values, and attention over it. */
#include "model/forward/private.h"

#include "kernels/attention_f16/op.h"
#include "kernels/attention_f32/op.h"
#include "kernels/f16.h"
#include "kernels/rmsnorm/op.h"
#include "kernels/rope/op.h"
#include "kernels/rope_pairs/op.h"

#include <math.h>
#include <string.h>

/*
 * Tokens that attend in one item: the cache is read, and widened, once for all of them. More would hardly be
 * faster, and at the end of a long context a thread would have them for longer than a tile should take.
 */
enum { TOGETHER = 8 };

struct attending {
    struct model_state *s;
    size_t layer, tokens;
};

/* Elements of a layer's keys (0) or values (1) before a kv head's first position. */
static size_t cache_at(const struct model_state *s, size_t layer, int values, size_t kv_head)
{
    const struct model_config *c = &s->w->config;
    return (((size_t)values * c->layers + layer) * c->kv_heads + kv_head) * s->options.context * c->head_dim;
}

/* Notes the first layer with a number that is finite, and too large for f16. */
static void note_overflow(struct model_state *s, size_t layer, const float *head)
{
    size_t none = 0;
    for (size_t d = 0; d < s->w->config.head_dim; d++)
        if (isfinite(head[d]) && fabsf(head[d]) >= MODEL_F16_BEYOND)
            atomic_compare_exchange_strong(&s->overflow, &none, layer + 1);
}

/* A head of one position. */
static void keep(struct model_state *s, size_t layer, size_t at, const float *restrict head)
{
    const size_t n = s->w->config.head_dim;
    uint16_t *restrict half = (uint16_t *)s->cache + at;
    unsigned largest = 0;
    if (!s->options.kv_f16)
        memcpy((float *)s->cache + at, head, n * sizeof *head);
    for (size_t d = 0; d < n && s->options.kv_f16; d++) {
        half[d] = qk_f32_to_f16(head[d]);
        largest = largest > (half[d] & 0x7fffu) ? largest : half[d] & 0x7fffu;
    }
    if (largest >= 0x7c00) /* infinite, or no number */
        note_overflow(s, layer, head);
}

MODEL_ROTATE(rope)
{
    MODEL_CALL(s, rope, out, x, cosine, sine, heads, half);
}

MODEL_ROTATE(rope_pairs)
{
    MODEL_CALL(s, rope_pairs, out, x, cosine, sine, heads, half);
}

/* Heads x[heads * head_dim] with a norm of each by itself in `to`, or as they are. */
static const float *norm_heads(const struct model_state *s, float *to, const float *x, const float *weight,
                               size_t heads)
{
    const size_t n = s->w->config.head_dim;
    for (size_t h = 0; h < heads && weight; h++)
        MODEL_CALL(s, rmsnorm, to + h * n, x + h * n, weight, n, s->w->config.epsilon);
    return weight ? to : x;
}

/* Queries of a kv head's group and its key are turned, and key and value go to the cache. */
static void rotate(const struct attending *a, size_t t, size_t h, size_t thread)
{
    struct model_state *s = a->s;
    const struct model_config *c = &s->w->config;
    float *const *const norm = s->w->layer[a->layer].norm;
    float *const normed = s->turning + thread * s->turning_room, *const key = normed + s->group * c->head_dim;
    const size_t half = c->head_dim / 2, kv = c->kv_heads * c->head_dim, position = s->position + t;
    const size_t query = t * c->q_width + h * s->group * c->head_dim;
    const float *k = s->qkv + a->tokens * c->q_width + t * kv + h * c->head_dim, *v = k + a->tokens * kv;
    const float *cosine = s->cosine + position * half, *sine = s->sine + position * half;
    const float *q = norm_heads(s, normed, s->qkv + query, norm[MODEL_Q_NORM], s->group);
    c->graph->rotate(s, s->rotated + query, q, cosine, sine, s->group, half);
    k = norm_heads(s, key + c->head_dim, k, norm[MODEL_K_NORM], 1);
    c->graph->rotate(s, key, k, cosine, sine, 1, half);
    keep(s, a->layer, cache_at(s, a->layer, 0, h) + position * c->head_dim, key);
    keep(s, a->layer, cache_at(s, a->layer, 1, h) + position * c->head_dim, v);
}

/* Item i is kv head i % kv_heads of token i / kv_heads. */
static void rope_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct attending *a = ctx;
    const struct model_config *c = &a->s->w->config;
    for (size_t i = first; i < end; i++)
        rotate(a, i / c->kv_heads, i % c->kv_heads, thread);
}

/* n tokens from t on, each over the positions up to its own. */
static void attend(const struct attending *a, size_t t, size_t n, size_t h)
{
    struct model_state *s = a->s;
    const struct model_config *c = &s->w->config;
    const float scale = (float)(1 / sqrt((double)c->head_dim));
    const size_t head = t * c->q_width + h * s->group * c->head_dim, positions = s->position + t + 1;
    const size_t k = cache_at(s, a->layer, 0, h), v = cache_at(s, a->layer, 1, h);
    if (s->options.kv_f16)
        MODEL_CALL(s, attention_f16, s->mixed + head, s->rotated + head, (uint16_t *)s->cache + k,
                   (uint16_t *)s->cache + v, n, c->q_width, positions, s->group, 1, c->head_dim, scale);
    else
        MODEL_CALL(s, attention_f32, s->mixed + head, s->rotated + head, (float *)s->cache + k,
                   (float *)s->cache + v, n, c->q_width, positions, s->group, 1, c->head_dim, scale);
}

/* Item i is kv head i % kv_heads of tokens from i / kv_heads * TOGETHER on. */
static void attention_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct attending *a = ctx;
    const size_t kv_heads = a->s->w->config.kv_heads;
    for (size_t i = first; i < end; i++) {
        const size_t t = i / kv_heads * TOGETHER, left = a->tokens - t;
        if (a->tokens == 1)
            rotate(a, 0, i, thread);
        attend(a, t, left < TOGETHER ? left : TOGETHER, i % kv_heads);
    }
}

/* One token's head needs no key of this pass but its own, so both are one job. */
void model_attend(struct model_state *s, size_t layer, size_t tokens, const struct model_probe *probe)
{
    struct attending a = {s, layer, tokens};
    const size_t kv_heads = s->w->config.kv_heads, blocks = (tokens + TOGETHER - 1) / TOGETHER;
    if (tokens > 1) {
        model_run(s, MODEL_PART_ROPE, tokens, tokens * kv_heads, 1, rope_part, &a);
        model_mark(probe, MODEL_PART_ROPE);
    }
    model_run(s, MODEL_PART_ATTENTION, tokens, blocks * kv_heads, 1, attention_part, &a);
    model_mark(probe, MODEL_PART_ATTENTION);
}
