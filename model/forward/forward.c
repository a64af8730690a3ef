/* SPDX-License-Identifier: MIT */
#include "model/forward/private.h"

#include "kernels/f16.h"
#include "kernels/rmsnorm/op.h"

#include <string.h>

static void embed(struct model_state *s, const int32_t *tokens, size_t count)
{
    const size_t width = s->w->config.embedding;
    for (size_t t = 0; t < count; t++)
        model_embedding_row(s->w, (size_t)tokens[t], s->x + t * width);
}

struct norming {
    struct model_state *s;
    const float *from, *weight;
    size_t width;
    bool quantise;
};

/*
 * A row that is quantised at once is nobody else's: the thread's own buffer, which stays in cache, has it.
 * Where there is no norm, products take the row as it is.
 */
static void norm_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct norming *n = ctx;
    struct model_state *s = n->s;
    for (size_t t = first; t < end; t++) {
        const float *from = n->from + t * n->width;
        float *to = n->quantise ? s->row + thread * s->row_room : s->input + t * n->width;
        if (n->weight)
            MODEL_CALL(s, rmsnorm, to, from, n->weight, n->width, s->w->config.epsilon);
        else if (!n->quantise)
            memcpy(to, from, n->width * sizeof *to);
        if (n->quantise)
            model_quantise(s, n->weight ? to : from, n->width, t);
    }
}

/*
 * from [tokens][width] into s->input, or quantised if the products of a layer take that. weight NULL: without
 * a norm.
 */
static void norm(struct model_state *s, const float *from, const float *weight, size_t width, size_t tokens,
                 bool quantise, const struct model_probe *probe)
{
    struct norming n = {s, from, weight, width, quantise && model_kernels_int8(&s->kernels)};
    model_run(s, MODEL_PART_NORMS, tokens, tokens, 1, norm_part, &n);
    model_mark(probe, MODEL_PART_NORMS);
}

/*
 * The products after the next ones are of `count` matrices from m on, which follow one another in memory. A
 * single token waits for memory, and while the caller has work that is not shared, other threads can ask.
 */
static void next_products(struct model_state *s, const struct model_matrix *m, size_t count, size_t tokens)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += m[i].rows * m[i].columns / 4;
    model_pool_next(s->pool, tokens == 1 && count ? m->i2s16 : NULL, bytes);
}

static void attention_block(struct model_state *s, size_t layer, size_t n, const struct model_probe *probe)
{
    const struct model_config *c = &s->w->config;
    const struct model_layer *l = &s->w->layer[layer];
    norm(s, s->x, l->norm[MODEL_ATTN_NORM], c->embedding, n, true, probe);
    next_products(s, &l->matrix[MODEL_O], 1, n);
    model_multiply_qkv(s, l, n);
    model_mark(probe, MODEL_PART_QKV);
    model_attend(s, layer, n, probe);
    norm(s, s->mixed, l->norm[MODEL_ATTN_SUB_NORM], c->q_width, n, true, probe);
    next_products(s, &l->matrix[MODEL_GATE], 1, n);
    model_multiply_add(s, MODEL_PART_OUTPUT, &l->matrix[MODEL_O], n);
    model_mark(probe, MODEL_PART_OUTPUT);
}

static void feed_forward_block(struct model_state *s, size_t layer, size_t n, const struct model_probe *probe)
{
    const struct model_config *c = &s->w->config;
    const struct model_layer *l = &s->w->layer[layer];
    const bool last = layer + 1 == c->layers;
    norm(s, s->x, l->norm[MODEL_FFN_NORM], c->embedding, n, true, probe);
    next_products(s, &l->matrix[MODEL_DOWN], 1, n);
    model_multiply_gate_up(s, l, n);
    model_mark(probe, MODEL_PART_GATE_UP);
    norm(s, s->hidden, l->norm[MODEL_FFN_SUB_NORM], c->feed_forward, n, true, probe);
    next_products(s, last ? NULL : l[1].matrix, last ? 0 : 3, n);
    model_multiply_add(s, MODEL_PART_DOWN, &l->matrix[MODEL_DOWN], n);
    model_mark(probe, MODEL_PART_DOWN);
}

static void pass(struct model_state *s, const int32_t *tokens, size_t n, float *logits,
                 enum model_logits which, const struct model_probe *probe)
{
    const struct model_config *c = &s->w->config;
    embed(s, tokens, n);
    model_mark(probe, MODEL_PART_EMBEDDING);
    for (size_t layer = 0; layer < c->layers; layer++) {
        attention_block(s, layer, n, probe);
        feed_forward_block(s, layer, n, probe);
    }
    s->position += n;
    s->last = n - 1;
    if (which == MODEL_LOGITS_NONE)
        return;
    const size_t rows = which == MODEL_LOGITS_ALL ? n : 1;
    norm(s, s->x + (n - rows) * c->embedding, s->w->output_norm, c->embedding, rows, false, probe);
    model_head(s, logits, rows);
    model_mark(probe, MODEL_PART_HEAD);
}

/* Takes the positions from `before` on back when the cache could not hold them. */
static int check_cache(struct model_state *s, size_t before, struct qk_error *err)
{
    const size_t layer = atomic_exchange(&s->overflow, 0);
    if (!layer)
        return 0;
    s->position = before;
    return qk_fail(
        err, QK_ERR_FORMAT, s->w->gguf.name,
        "layer %zu has a key or a value above 65504, the largest number of the f16 cache; one of f32 "
        "holds it: --kv f32",
        layer - 1);
}

int model_forward(struct model_state *s, const int32_t *tokens, size_t count, float *logits,
                  enum model_logits which, const struct model_probe *probe, struct qk_error *err)
{
    const struct model_config *c = &s->w->config;
    const size_t before = s->position;
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
    return check_cache(s, before, err);
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
    norm(s, s->x + s->last * c->embedding, s->w->output_norm, c->embedding, 1, false, probe);
    model_head_top(s, k, top);
    model_mark(probe, MODEL_PART_HEAD);
    return 0;
}
