/* SPDX-License-Identifier: MIT */
#include "model/forward/private.h"

#include "kernels/attention_f16/op.h"
#include "kernels/attention_f32/op.h"
#include "kernels/f16.h"
#include "kernels/rmsnorm/op.h"
#include "kernels/rope/op.h"

#include <math.h>
#include <string.h>

static void mark(const struct model_probe *probe, enum model_part part)
{
    if (probe)
        probe->mark(probe->ctx, part);
}

static void embed(struct model_state *s, const int32_t *tokens, size_t count)
{
    const size_t width = s->w->config.embedding;
    for (size_t t = 0; t < count; t++)
        model_head_row(s->w, (size_t)tokens[t], s->x + t * width);
}

struct norming {
    struct model_state *s;
    const float *from, *weight;
    size_t width;
};

static void norm_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct norming *n = ctx;
    (void)thread;
    for (size_t t = first; t < end; t++)
        MODEL_CALL(n->s, rmsnorm, n->s->input + t * n->width, n->from + t * n->width, n->weight, n->width,
                   n->s->w->config.epsilon);
}

/* from [tokens][width] into s->input. */
static void norm(struct model_state *s, const float *from, const float *weight, size_t width, size_t tokens,
                 const struct model_probe *probe)
{
    struct norming n = {s, from, weight, width};
    model_run(s, MODEL_PART_NORMS, tokens, tokens, 1, norm_part, &n);
    mark(probe, MODEL_PART_NORMS);
}

static void quantise(struct model_state *s, size_t width, size_t tokens, const struct model_probe *probe)
{
    model_quantise(s, width, tokens);
    mark(probe, MODEL_PART_ACT_QUANT);
}

/* Elements of a layer's keys (0) or values (1) before a kv head's first position. */
static size_t cache_at(const struct model_state *s, size_t layer, int values, size_t kv_head)
{
    const struct model_config *c = &s->w->config;
    return (((size_t)values * c->layers + layer) * c->kv_heads + kv_head) * s->options.context * c->head_dim;
}

/* A head of one position. */
static void keep(struct model_state *s, size_t at, const float *head)
{
    const size_t n = s->w->config.head_dim;
    if (!s->options.kv_f16)
        memcpy((float *)s->cache + at, head, n * sizeof *head);
    for (size_t d = 0; d < n && s->options.kv_f16; d++)
        ((uint16_t *)s->cache)[at + d] = qk_f32_to_f16(head[d]);
}

struct attending {
    struct model_state *s;
    size_t layer, tokens;
};

/* Queries of a kv head's group and its key are turned, and key and value go to the cache. */
static void rotate(const struct attending *a, size_t t, size_t h, float *key)
{
    struct model_state *s = a->s;
    const struct model_config *c = &s->w->config;
    const size_t half = c->head_dim / 2, kv = c->kv_heads * c->head_dim, position = s->position + t;
    const size_t query = t * c->embedding + h * s->group * c->head_dim;
    const float *k = s->qkv + a->tokens * c->embedding + t * kv + h * c->head_dim, *v = k + a->tokens * kv;
    const float *cosine = s->cosine + position * half, *sine = s->sine + position * half;
    MODEL_CALL(s, rope, s->rotated + query, s->qkv + query, cosine, sine, s->group, half);
    MODEL_CALL(s, rope, key, k, cosine, sine, 1, half);
    keep(s, cache_at(s, a->layer, 0, h) + position * c->head_dim, key);
    keep(s, cache_at(s, a->layer, 1, h) + position * c->head_dim, v);
}

static void attend(const struct attending *a, size_t t, size_t h, float *weight)
{
    struct model_state *s = a->s;
    const struct model_config *c = &s->w->config;
    const float scale = (float)(1 / sqrt((double)c->head_dim));
    const size_t head = t * c->embedding + h * s->group * c->head_dim, positions = s->position + t + 1;
    const size_t k = cache_at(s, a->layer, 0, h), v = cache_at(s, a->layer, 1, h);
    if (s->options.kv_f16)
        MODEL_CALL(s, attention_f16, s->mixed + head, weight, s->rotated + head, (uint16_t *)s->cache + k,
                   (uint16_t *)s->cache + v, positions, s->group, 1, c->head_dim, scale);
    else
        MODEL_CALL(s, attention_f32, s->mixed + head, weight, s->rotated + head, (float *)s->cache + k,
                   (float *)s->cache + v, positions, s->group, 1, c->head_dim, scale);
}

/* Item i is kv head i % kv_heads of token i / kv_heads: it sees the positions up to its own. */
static void attention_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct attending *a = ctx;
    const struct model_config *c = &a->s->w->config;
    float *weight = a->s->weight + thread * a->s->group * a->s->options.context;
    for (size_t i = first; i < end; i++) {
        if (a->tokens == 1)
            rotate(a, 0, i, a->s->rope_row + thread * c->head_dim);
        attend(a, i / c->kv_heads, i % c->kv_heads, weight);
    }
}

static void rotate_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct attending *a = ctx;
    const struct model_config *c = &a->s->w->config;
    for (size_t i = first; i < end; i++)
        rotate(a, i / c->kv_heads, i % c->kv_heads, a->s->rope_row + thread * c->head_dim);
}

/* One token's head needs no key of this pass but its own, so both are one job. */
static void attention(struct model_state *s, size_t layer, size_t tokens, const struct model_probe *probe)
{
    struct attending a = {s, layer, tokens};
    const size_t items = tokens * s->w->config.kv_heads;
    if (tokens > 1) {
        model_run(s, MODEL_PART_ROPE, tokens, items, 1, rotate_part, &a);
        mark(probe, MODEL_PART_ROPE);
    }
    model_run(s, MODEL_PART_ATTENTION, tokens, items, 1, attention_part, &a);
    mark(probe, MODEL_PART_ATTENTION);
}

static void attention_block(struct model_state *s, size_t layer, size_t n, const struct model_probe *probe)
{
    const struct model_config *c = &s->w->config;
    const struct model_layer *l = &s->w->layer[layer];
    norm(s, s->x, l->norm[MODEL_ATTN_NORM], c->embedding, n, probe);
    quantise(s, c->embedding, n, probe);
    model_multiply_qkv(s, l, n);
    mark(probe, MODEL_PART_QKV);
    attention(s, layer, n, probe);
    norm(s, s->mixed, l->norm[MODEL_ATTN_SUB_NORM], c->embedding, n, probe);
    quantise(s, c->embedding, n, probe);
    model_multiply_add(s, MODEL_PART_OUTPUT, &l->matrix[MODEL_O], n);
    mark(probe, MODEL_PART_OUTPUT);
}

static void feed_forward_block(struct model_state *s, size_t layer, size_t n, const struct model_probe *probe)
{
    const struct model_config *c = &s->w->config;
    const struct model_layer *l = &s->w->layer[layer];
    norm(s, s->x, l->norm[MODEL_FFN_NORM], c->embedding, n, probe);
    quantise(s, c->embedding, n, probe);
    model_multiply_gate_up(s, l, n);
    mark(probe, MODEL_PART_GATE_UP);
    norm(s, s->hidden, l->norm[MODEL_FFN_SUB_NORM], c->feed_forward, n, probe);
    quantise(s, c->feed_forward, n, probe);
    model_multiply_add(s, MODEL_PART_DOWN, &l->matrix[MODEL_DOWN], n);
    mark(probe, MODEL_PART_DOWN);
}

static void pass(struct model_state *s, const int32_t *tokens, size_t n, float *logits,
                 enum model_logits which, const struct model_probe *probe)
{
    const struct model_config *c = &s->w->config;
    embed(s, tokens, n);
    mark(probe, MODEL_PART_EMBEDDING);
    for (size_t layer = 0; layer < c->layers; layer++) {
        attention_block(s, layer, n, probe);
        feed_forward_block(s, layer, n, probe);
    }
    s->position += n;
    s->last = n - 1;
    if (which == MODEL_LOGITS_NONE)
        return;
    const size_t rows = which == MODEL_LOGITS_ALL ? n : 1;
    norm(s, s->x + (n - rows) * c->embedding, s->w->output_norm, c->embedding, rows, probe);
    model_head(s, logits, rows);
    mark(probe, MODEL_PART_HEAD);
}

int model_forward(struct model_state *s, const int32_t *tokens, size_t count, float *logits,
                  enum model_logits which, const struct model_probe *probe, struct qk_error *err)
{
    const struct model_config *c = &s->w->config;
    if (!count)
        return qk_fail(err, QK_ERR_ARG, "tokens", "found none, expected at least one");
    if (count > s->options.context - s->position)
        return qk_fail(err, QK_ERR_ARG, "tokens",
                       "found %zu after %zu positions, expected at most %zu in all: the context", count,
                       s->position, s->options.context);
    for (size_t t = 0; t < count; t++)
        if (tokens[t] < 0 || (size_t)tokens[t] >= c->vocab)
            return qk_fail(err, QK_ERR_ARG, "tokens", "token %zu has the id %d, expected 0 to %zu", t,
                           tokens[t], c->vocab - 1);
    for (size_t done = 0, n; done < count; done += n) {
        n = count - done < s->options.batch ? count - done : s->options.batch;
        const bool last = done + n == count;
        const enum model_logits now = which == MODEL_LOGITS_LAST && !last ? MODEL_LOGITS_NONE : which;
        pass(s, tokens + done, n, which == MODEL_LOGITS_ALL ? logits + done * c->vocab : logits, now, probe);
    }
    return 0;
}

int model_forward_top(struct model_state *s, const int32_t *tokens, size_t count, size_t k,
                      struct model_top *top, const struct model_probe *probe, struct qk_error *err)
{
    const struct model_config *c = &s->w->config;
    if (k < 1 || k > model_top_most(s))
        return qk_fail(err, QK_ERR_ARG, "k", "found %zu, expected 1 to %zu", k, model_top_most(s));
    const int code = model_forward(s, tokens, count, NULL, MODEL_LOGITS_NONE, probe, err);
    if (code)
        return code;
    norm(s, s->x + s->last * c->embedding, s->w->output_norm, c->embedding, 1, probe);
    model_head_top(s, k, top);
    mark(probe, MODEL_PART_HEAD);
    return 0;
}
