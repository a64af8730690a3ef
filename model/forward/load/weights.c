/* SPDX-License-Identifier: MIT */
#include "model/forward/private.h"

#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "model/forward/load/number_rows.h"
#include "model/gguf/i2s.h"
#include "model/gguf/q2_0.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What only loading needs. */
struct loading {
    struct model_weights *w;
    struct model_pool *pool; /* NULL: by the caller alone */
    uint8_t *i2s16, *qk256;  /* where the next matrix's copies go */
    uint16_t *scales;
    struct model_pace pace;
};

static const struct model_gguf_tensor *tensor_of(const struct model_weights *w, size_t layer, int form)
{
    char name[MODEL_GGUF_MAX_NAME + 1];
    snprintf(name, sizeof name, "blk.%zu.%s", layer, model_tensor_forms[form].name);
    return model_gguf_find_tensor(&w->gguf, name); /* there: model_config_read saw it */
}

/* Bytes of the matrix's copies; 0 of those that are not wanted. */
static int copies_of(const struct model_weights *w, const struct model_matrix *m, size_t *i2s16,
                     size_t *qk256, struct qk_error *err)
{
    size_t blocks = 0;
    *i2s16 = *qk256 = 0;
    if (w->layouts & MODEL_LAYOUT_QK256 && !model_i2s_qk256_blocks(m->rows, m->columns, &blocks))
        return qk_fail(err, QK_ERR_MEMORY, w->gguf.name, "%zux%zu codes overflow", m->rows, m->columns);
    *qk256 = blocks * QK256_BLOCK_BYTES;
    return w->layouts & MODEL_LAYOUT_I2S16 ? qk_i2s16_bytes(m->rows, m->columns, i2s16, err) : 0;
}

/* PQ2_0 has a twin with its scales behind the codes, which some keys and values show. */
static int measure_matrix(struct model_weights *w, struct model_matrix *m, const struct model_gguf_tensor *t,
                          struct qk_error *err)
{
    size_t i2s16, qk256;
    const bool i2s = t->type == MODEL_GGUF_TYPE_I2_S;
    *m = (struct model_matrix){.rows = (size_t)t->dims[1],
                               .columns = (size_t)t->dims[0],
                               .file_bytes = i2s ? (size_t)t->elements / 4 : t->size,
                               .scale = i2s ? model_i2s_scale(t) : 1,
                               .group = model_scale_group(&w->config, t)};
    /* Only I2_S itself, with one scale for the whole, can be read where it is. */
    if (!i2s || m->group)
        w->layouts &= ~(unsigned)MODEL_LAYOUT_I2S;
    if (m->columns > I2S_COLUMNS_MAX)
        return model_gguf_fail(&w->gguf, t->info_at, err,
                               "tensor \"%s\" has %zu columns, at most %d expected", t->name, m->columns,
                               I2S_COLUMNS_MAX);
    int code = t->type == MODEL_GGUF_TYPE_PQ2_0 ? model_q2_0_validate(&w->gguf, t, err) : 0;
    if (!code)
        code = copies_of(w, m, &i2s16, &qk256, err);
    if (!code && (!qk_add_size(w->i2s16_bytes, i2s16, &w->i2s16_bytes) ||
                  !qk_add_size(w->qk256_bytes, qk256, &w->qk256_bytes) ||
                  !qk_add_size(w->scale_bytes, model_scale_bytes(&w->config, t), &w->scale_bytes)))
        return qk_fail(err, QK_ERR_MEMORY, w->gguf.name, "copies of all weights overflow");
    return code;
}

/*
 * One stretch of memory for all copies of a layout, in the order in which a token reads them: the matrices of
 * a layer, layer by layer. A thread then reads its shares of neighbours one behind the other.
 */
static int reserve_copies(struct loading *l, struct qk_error *err)
{
    struct model_weights *w = l->w;
    int code = 0;
    for (size_t i = 0; i < w->config.layers; i++)
        for (int m = 0; m < MODEL_MATRICES && !code; m++)
            code = measure_matrix(w, &w->layer[i].matrix[m], tensor_of(w, i, m), err);
    if (!code && w->i2s16_bytes)
        w->i2s16 = model_reserve(w->i2s16_bytes, "weights interleaved by 16 rows", err);
    if (!code && w->i2s16_bytes && !w->i2s16)
        return QK_ERR_MEMORY;
    if (!code && w->qk256_bytes)
        w->qk256 = model_reserve(w->qk256_bytes, "weights in QK256 order", err);
    if (!code && w->qk256_bytes && !w->qk256)
        return QK_ERR_MEMORY;
    if (!code && w->scale_bytes)
        w->scales = model_reserve(w->scale_bytes, "scales of groups", err);
    if (!code && w->scale_bytes && !w->scales)
        return QK_ERR_MEMORY;
    l->i2s16 = w->i2s16;
    l->qk256 = w->qk256;
    l->scales = w->scales;
    return code;
}

static int load_matrix(struct loading *l, struct model_matrix *m, const struct model_gguf_tensor *t,
                       struct qk_error *err)
{
    struct model_weights *w = l->w;
    size_t i2s16, qk256;
    int code = copies_of(w, m, &i2s16, &qk256, err);
    if (code)
        return code;
    m->i2s16 = l->i2s16;
    m->qk256 = l->qk256;
    l->i2s16 += i2s16;
    l->qk256 += qk256;
    model_gguf_want(&w->gguf, t);
    code = model_fill(m, &l->w->gguf, t, l->scales, w->config.graph->rule, l->pool, &l->pace, err);
    if (m->scales)
        l->scales += model_scale_bytes(&w->config, t) / sizeof *l->scales;
    if (w->layouts & MODEL_LAYOUT_I2S)
        m->i2s = t->data;
    else
        model_gguf_give_back(&w->gguf, t);
    return code;
}

/* One weight of a norm that is no number makes every logit none, which is hard to trace back from there. */
static int load_vector(const struct model_weights *w, float **to, const struct model_gguf_tensor *t,
                       struct qk_error *err)
{
    *to = model_alloc((size_t)t->elements, sizeof **to, t->name, err);
    if (!*to)
        return QK_ERR_MEMORY;
    memcpy(*to, t->data, (size_t)t->elements * sizeof **to);
    for (size_t i = 0; i < (size_t)t->elements; i++)
        if (!isfinite((*to)[i]))
            return model_gguf_fail(&w->gguf, (size_t)(t->data - w->gguf.bytes) + i * sizeof **to, err,
                                   "element %zu of tensor \"%s\" is %g, a finite value expected", i, t->name,
                                   (double)(*to)[i]);
    return 0;
}

static int load_layer(struct loading *l, size_t layer, struct qk_error *err)
{
    struct model_layer *to = &l->w->layer[layer];
    int code = 0;
    for (int i = 0; i < MODEL_TENSOR_FORMS && !code; i++) {
        if (!model_tensor_there(&l->w->config, &model_tensor_forms[i]))
            continue;
        const struct model_gguf_tensor *t = tensor_of(l->w, layer, i);
        code = i < MODEL_MATRICES ? load_matrix(l, &to->matrix[i], t, err)
                                  : load_vector(l->w, &to->norm[i - MODEL_MATRICES], t, err);
    }
    return code;
}

struct copying {
    const struct model_weights *w;
    unsigned char *to;
};

static void copy_head_rows(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct copying *c = ctx;
    const size_t row = model_head_row_bytes(&c->w->config);
    (void)thread;
    memcpy(c->to + first * row, (const unsigned char *)c->w->head + first * row, (end - first) * row);
}

int model_weights_copy_head(struct model_weights *w, struct model_pool *pool, struct qk_error *err)
{
    enum { ROWS = 16 }; /* as the head's products deal them out */
    struct copying c = {.w = w};
    struct model_pace pace = {0};
    if (w->embedding_copy || w->gguf.make)
        return 0;
    c.to = model_reserve(model_head_bytes(&w->config), "copy of the head", err);
    if (!c.to)
        return QK_ERR_MEMORY;
    if (pool)
        model_pool_run(pool, w->config.vocab, ROWS, &pace, copy_head_rows, &c);
    else
        copy_head_rows(&c, 0, w->config.vocab, 0);
    w->head = w->embedding_copy = c.to;
    if (!w->config.own_head)
        w->embedding = w->head;
    model_gguf_give_back(&w->gguf, model_gguf_find_tensor(&w->gguf, model_head_name(&w->config)));
    return 0;
}

static int check_table(const struct model_weights *w, const struct model_gguf_tensor *t, struct qk_error *err)
{
    return t->type == MODEL_GGUF_TYPE_PQ2_0 ? model_q2_0_validate(&w->gguf, t, err) : 0;
}

/* The head's op reads it as an array of numbers, so it must lie like one. */
static int load_embedding(struct loading *l, struct qk_error *err)
{
    struct model_weights *w = l->w;
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&w->gguf, "token_embd.weight");
    const struct model_gguf_tensor *head = model_gguf_find_tensor(&w->gguf, model_head_name(&w->config));
    int code = check_table(w, t, err);
    if (!code && head != t)
        code = check_table(w, head, err);
    w->embedding = t->data;
    w->head = head->data;
    return !code && (uintptr_t)w->head % model_number_type_of(head->type)->alignment
               ? model_weights_copy_head(w, l->pool, err)
               : code;
}

/* Reading a tensor also maps its neighbours, which are not read again. Nor are norms: they were copied. */
static void give_back_rest(const struct model_weights *w)
{
    const bool codes = w->layouts & MODEL_LAYOUT_I2S;
    for (size_t i = 0; i < w->gguf.tensor_count; i++)
        if (!codes || w->gguf.tensors[i].type != MODEL_GGUF_TYPE_I2_S)
            model_gguf_give_back(&w->gguf, &w->gguf.tensors[i]);
}

int model_weights_load(struct model_weights *w, struct model_gguf *g, unsigned layouts, struct qk_error *err)
{
    return model_weights_load_by(w, g, layouts, NULL, err);
}

int model_weights_load_by(struct model_weights *w, struct model_gguf *g, unsigned layouts,
                          struct model_pool *pool, struct qk_error *err)
{
    struct loading l = {.w = w, .pool = pool};
    *w = (struct model_weights){.layouts = layouts};
    int code = model_config_read(&w->config, g, err);
    if (code) {
        *w = (struct model_weights){0};
        return code;
    }
    w->gguf = *g;
    w->layer = calloc(w->config.layers, sizeof *w->layer);
    if (!w->layer)
        code = qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for %zu layers", w->config.layers);
    else
        code = reserve_copies(&l, err);
    for (size_t i = 0; i < w->config.layers && !code; i++)
        code = load_layer(&l, i, err);
    if (!code)
        code = load_embedding(&l, err);
    if (!code)
        code = load_vector(w, &w->output_norm, model_gguf_find_tensor(g, "output_norm.weight"), err);
    if (code) {
        w->gguf = (struct model_gguf){0};
        model_weights_free(w);
        return code;
    }
    w->config.matrix_bytes -= w->scale_bytes;
    w->scale_bytes = (size_t)(l.scales - w->scales) * sizeof *l.scales;
    w->config.matrix_bytes += w->scale_bytes;
    give_back_rest(w);
    *g = (struct model_gguf){0};
    return 0;
}

void model_weights_free(struct model_weights *w)
{
    for (size_t i = 0; w->layer && i < w->config.layers; i++)
        for (int n = 0; n < MODEL_NORMS; n++)
            free(w->layer[i].norm[n]);
    free(w->layer);
    free(w->i2s16);
    free(w->qk256);
    free(w->scales);
    free(w->embedding_copy);
    free(w->output_norm);
    model_head_copy_free(w->head_copy);
    model_gguf_close(&w->gguf);
    *w = (struct model_weights){0};
}
