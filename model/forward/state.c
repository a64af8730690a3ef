/* SPDX-License-Identifier: MIT */
#include "model/forward/private.h"

#include "kernels/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *take(size_t a, size_t b, size_t size, struct qk_error *err, int *code)
{
    size_t count;
    if (*code)
        return NULL;
    void *p = qk_mul_size(a, b, &count) ? model_alloc(count, size, "buffers of the model", err) : NULL;
    if (!p)
        *code = qk_fail(err, QK_ERR_MEMORY, "buffers of the model", "no memory for %zu x %zu x %zu bytes", a,
                        b, size);
    return p;
}

static size_t blocks_of(size_t columns)
{
    return columns / QK256_BLOCK + (columns % QK256_BLOCK != 0);
}

static int take_buffers(struct model_state *s, struct qk_error *err)
{
    const struct model_config *c = &s->w->config;
    const size_t batch = s->options.batch, threads = s->options.threads, context = s->options.context;
    int code = 0;
    s->x = take(batch, c->embedding, sizeof *s->x, err, &code);
    s->input = take(batch, s->widest, sizeof *s->input, err, &code);
    s->qkv = take(batch, s->qkv_width, sizeof *s->qkv, err, &code);
    s->rotated = take(batch, c->q_width, sizeof *s->rotated, err, &code);
    s->mixed = take(batch, c->q_width, sizeof *s->mixed, err, &code);
    s->hidden = take(batch, c->feed_forward, sizeof *s->hidden, err, &code);
    s->q = take(batch, s->widest, sizeof *s->q, err, &code);
    s->q_scale = take(batch, 1, sizeof *s->q_scale, err, &code);
    s->q_sum = take(batch, 1, sizeof *s->q_sum, err, &code);
    s->results = take(threads, 2 * MODEL_SUMS, sizeof *s->results, err, &code);
    s->sums = take(threads, MODEL_SUMS, sizeof *s->sums, err, &code);
    if (s->w->scale_bytes) {
        s->products = take(threads, MODEL_SUMS, sizeof *s->products, err, &code);
        for (int level = 0; level < MODEL_LEVELS; level++) {
            const size_t blocks = s->widest / MODEL_BLOCK >> level;
            s->x_scale[level] = take(batch, blocks, sizeof **s->x_scale, err, &code);
            s->block_sum[level] = take(batch, blocks, sizeof **s->block_sum, err, &code);
        }
    }
    s->row_room = blocks_of(s->widest) * QK256_BLOCK;
    s->row = take(threads, s->row_room, sizeof *s->row, err, &code);
    s->ones = take(blocks_of(s->widest), 1, sizeof *s->ones, err, &code);
    s->turning_room = (s->group + 2) * c->head_dim;
    s->turning = take(threads, s->turning_room, sizeof *s->turning, err, &code);
    s->cosine = take(context, c->head_dim / 2, sizeof *s->cosine, err, &code);
    s->sine = take(context, c->head_dim / 2, sizeof *s->sine, err, &code);
    for (size_t i = 0; i < blocks_of(s->widest) && !code; i++)
        s->ones[i] = 1;
    return code;
}

static int take_cache(struct model_state *s, struct qk_error *err)
{
    const struct model_config *c = &s->w->config;
    const size_t size = s->options.kv_f16 ? sizeof(uint16_t) : sizeof(float);
    size_t count = 2, bytes;
    if (!qk_mul_size(count, c->layers * c->kv_heads, &count) ||
        !qk_mul_size(count, s->options.context, &count) || !qk_mul_size(count, c->head_dim, &count) ||
        !qk_mul_size(count, size, &bytes))
        return qk_fail(err, QK_ERR_MEMORY, "the cache of keys and values", "%zu positions overflow",
                       s->options.context);
    /* Not zeroed: a position is written before it is read. Callers ask for as many as they will reach. */
    s->cache = model_reserve(bytes, "the cache of keys and values", err);
    return s->cache ? 0 : QK_ERR_MEMORY;
}

/*
 * In f64, as rope/op.h wants them: a table made once is faster than angles by repeated multiplication, and
 * closer.
 */
static void table_angles(struct model_state *s)
{
    const struct model_rope *const rope = &s->w->config.rope;
    const size_t half = s->w->config.head_dim / 2;
    for (size_t j = 0; j < half; j++) {
        const double frequency = model_rope_frequency(rope, half, j);
        for (size_t p = 0; p < s->options.context; p++) {
            s->cosine[p * half + j] = (float)(rope->magnitude * cos((double)p * frequency));
            s->sine[p * half + j] = (float)(rope->magnitude * sin((double)p * frequency));
        }
    }
}

static int check(const struct model_weights *w, const struct model_kernels *kernels, struct model_options *o,
                 struct qk_error *err)
{
    o->context = o->context ? o->context : w->config.context;
    o->batch = o->batch ? o->batch : MODEL_BATCH_MAX;
    if (o->threads < 1 || o->threads > MODEL_THREADS_MAX)
        return qk_fail(err, QK_ERR_ARG, "threads", "found %zu, expected 1 to %d", o->threads,
                       MODEL_THREADS_MAX);
    if (o->at_once && o->threads > o->at_once)
        o->threads = o->at_once;
    if (o->context > w->config.context)
        return qk_fail(err, QK_ERR_ARG, "context", "found %zu positions, expected at most the model's %zu",
                       o->context, w->config.context);
    if (o->batch > MODEL_BATCH_MAX)
        return qk_fail(err, QK_ERR_ARG, "batch", "found %zu tokens, expected 1 to %d", o->batch,
                       MODEL_BATCH_MAX);
    if (o->batch > o->context)
        o->batch = o->context;
    if (!(w->layouts & model_kernels_layout(kernels)))
        return qk_fail(err, QK_ERR_ARG, kernels->name,
                       "the weights were not loaded in the layout these kernels read");
    return 0;
}

int model_state_new(struct model_state **to, const struct model_weights *w,
                    const struct model_kernels *kernels, const struct model_options *options,
                    struct qk_error *err)
{
    struct model_options o = *options;
    *to = NULL;
    int code = check(w, kernels, &o, err);
    if (code)
        return code;
    struct model_state *s = calloc(1, sizeof *s);
    if (!s)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a model's state");
    const struct model_config *c = &w->config;
    s->w = w;
    s->kernels = *kernels;
    s->options = o;
    s->widest = c->embedding > c->feed_forward ? c->embedding : c->feed_forward;
    s->widest = s->widest > c->q_width ? s->widest : c->q_width;
    s->qkv_width = c->q_width + 2 * c->kv_heads * c->head_dim;
    s->group = c->heads / c->kv_heads;
    code = take_buffers(s, err);
    if (!code)
        code = take_cache(s, err);
    if (!code)
        code = model_pool_new(&s->pool, o.threads, o.calls, err);
    if (!code)
        code = model_head_state_new(s, err);
    if (code) {
        model_state_free(s);
        return code;
    }
    table_angles(s);
    *to = s;
    return 0;
}

void model_mark(const struct model_probe *probe, enum model_part part)
{
    if (probe)
        probe->mark(probe->ctx, part);
}

void model_state_free(struct model_state *s)
{
    if (!s)
        return;
    model_pool_free(s->pool);
    model_head_state_free(s->head);
    void *const all[] = {s->hidden,  s->cache, s->cosine,  s->sine,     s->x,       s->input, s->qkv,
                         s->rotated, s->mixed, s->results, s->q,        s->q_scale, s->q_sum, s->sums,
                         s->row,     s->ones,  s->turning, s->products, s->blocks};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    for (int level = 0; level < MODEL_LEVELS; level++) {
        free(s->x_scale[level]);
        free(s->block_sum[level]);
    }
    free(s);
}

size_t model_position(const struct model_state *s)
{
    return s->position;
}

void model_rewind(struct model_state *s, size_t position)
{
    s->position = position < s->position ? position : s->position;
}
