/* SPDX-License-Identifier: MIT */
#include "model/forward/private.h"

#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "model/gguf/i2s.h"
#include "model/gguf/memory.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *model_reserve(size_t count, size_t size, const char *what, struct qk_error *err)
{
    enum { LINE = 64 };
    size_t bytes;
    void *p = NULL;
    if (qk_mul_size(count, size, &bytes) && qk_align_size(bytes ? bytes : 1, LINE, &bytes)) {
        if (model_memory_may(bytes, what, err))
            return NULL;
        p = aligned_alloc(LINE, bytes);
    }
    if (!p)
        qk_fail(err, QK_ERR_MEMORY, what, "no memory for %zu x %zu bytes", count, size);
    return p;
}

void *model_alloc(size_t count, size_t size, const char *what, struct qk_error *err)
{
    void *p = model_reserve(count, size, what, err);
    return p ? memset(p, 0, count * size) : NULL;
}

/* Whole pages inside [from, from + size) are given back; they would be read again from the file. */
static void release(const unsigned char *from, size_t size)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)from + page - 1) / page * page,
                    end = ((uintptr_t)from + size) / page * page;
    if (first < end)
        madvise((void *)first, end - first,
                MADV_DONTNEED); /* a wish: without it there is only more memory taken */
}

struct filling {
    const struct model_matrix *m;
    const uint8_t *codes;
    atomic_int code; /* the first failure */
};

static void fill_part(void *ctx, size_t first, size_t end, size_t thread)
{
    struct filling *f = ctx;
    const size_t rows = end - first, at = first * f->m->columns / 4, from = rows * f->m->columns / 4;
    size_t to;
    struct qk_error why;
    (void)thread;
    int code = qk_i2s16_bytes(rows, f->m->columns, &to, &why);
    if (!code)
        code = qk_i2s16_make(f->m->i2s16 + at, to, f->codes + at, from, rows, f->m->columns, &why);
    if (code)
        atomic_store(&f->code, code);
}

/* The pages lie where the threads are that write them first, and that is the share each will read. */
static int fill_i2s16(const struct model_weights *w, const struct model_matrix *m, const uint8_t *codes,
                      struct qk_error *err)
{
    struct filling f = {.m = m, .codes = codes};
    struct model_pace pace = {0};
    model_pool_run(w->loaders, m->rows, I2S16_ROWS, &pace, fill_part, &f);
    return f.code ? qk_fail(err, f.code, NULL, "cannot interleave %zux%zu codes", m->rows, m->columns) : 0;
}

static int make_i2s16(struct model_weights *w, struct model_matrix *m, const uint8_t *codes,
                      size_t code_bytes, struct qk_error *err)
{
    size_t bytes;
    int code = qk_i2s16_bytes(m->rows, m->columns, &bytes, err);
    if (code)
        return code;
    m->i2s16 = model_reserve(bytes, 1, "weights interleaved by 16 rows", err);
    if (!m->i2s16)
        return QK_ERR_MEMORY;
    w->i2s16_bytes += bytes;
    if (w->loaders)
        return fill_i2s16(w, m, codes, err);
    return qk_i2s16_make(m->i2s16, bytes, codes, code_bytes, m->rows, m->columns, err);
}

static int make_qk256(struct model_weights *w, struct model_matrix *m, const struct model_gguf_tensor *t,
                      struct qk_error *err)
{
    size_t blocks;
    if (!model_i2s_qk256_blocks(m->rows, m->columns, &blocks))
        return qk_fail(err, QK_ERR_MEMORY, t->name, "%zux%zu codes overflow", m->rows, m->columns);
    m->qk256 = model_alloc(blocks, QK256_BLOCK_BYTES, "weights in QK256 order", err);
    if (!m->qk256)
        return QK_ERR_MEMORY;
    w->qk256_bytes += blocks * QK256_BLOCK_BYTES;
    return model_i2s_to_qk256(t, m->qk256, blocks * QK256_BLOCK_BYTES, err);
}

static int load_matrix(struct model_weights *w, struct model_matrix *m, const struct model_gguf_tensor *t,
                       struct qk_error *err)
{
    const size_t code_bytes = (size_t)(t->elements / 4);
    *m = (struct model_matrix){
        .rows = (size_t)t->dims[1], .columns = (size_t)t->dims[0], .scale = model_i2s_scale(t)};
    if (m->columns > I2S_COLUMNS_MAX)
        return model_gguf_fail(&w->gguf, t->info_at, err,
                               "tensor \"%s\" has %zu columns, at most %d expected", t->name, m->columns,
                               I2S_COLUMNS_MAX);
    model_gguf_want(&w->gguf, t);
    int code = model_i2s_validate(&w->gguf, t, err);
    if (!code && w->layouts & MODEL_LAYOUT_I2S16)
        code = make_i2s16(w, m, t->data, code_bytes, err);
    if (!code && w->layouts & MODEL_LAYOUT_QK256)
        code = make_qk256(w, m, t, err);
    if (code)
        return code;
    if (w->layouts & MODEL_LAYOUT_I2S)
        m->i2s = t->data;
    else if (w->gguf.mapped)
        release(t->data, code_bytes);
    return 0;
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

static int load_layer(struct model_weights *w, size_t layer, struct qk_error *err)
{
    struct model_layer *l = &w->layer[layer];
    int code = 0;
    for (int i = 0; i < MODEL_TENSOR_FORMS && !code; i++) {
        char name[MODEL_GGUF_MAX_NAME + 1];
        snprintf(name, sizeof name, "blk.%zu.%s", layer, model_tensor_forms[i].name);
        const struct model_gguf_tensor *t =
            model_gguf_find_tensor(&w->gguf, name); /* there: model_config_read saw it */
        code = i < MODEL_MATRICES ? load_matrix(w, &l->matrix[i], t, err)
                                  : load_vector(w, &l->norm[i - MODEL_MATRICES], t, err);
    }
    return code;
}

/* The head is read as an array of numbers, so it must lie like one. */
static int load_embedding(struct model_weights *w, struct qk_error *err)
{
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&w->gguf, "token_embd.weight");
    w->embedding = t->data;
    if ((uintptr_t)t->data %
            (w->config.head_type == MODEL_GGUF_TYPE_F32 ? sizeof(float) : sizeof(uint16_t)) ==
        0)
        return 0;
    w->embedding_copy = model_alloc(t->size, 1, t->name, err);
    if (!w->embedding_copy)
        return QK_ERR_MEMORY;
    w->embedding = memcpy(w->embedding_copy, t->data, t->size);
    return 0;
}

int model_weights_load(struct model_weights *w, struct model_gguf *g, unsigned layouts, struct qk_error *err)
{
    return model_weights_load_by(w, g, layouts, NULL, err);
}

int model_weights_load_by(struct model_weights *w, struct model_gguf *g, unsigned layouts,
                          struct model_pool *pool, struct qk_error *err)
{
    *w = (struct model_weights){.layouts = layouts, .loaders = pool};
    int code = model_config_read(&w->config, g, err);
    if (code) {
        *w = (struct model_weights){0};
        return code;
    }
    w->gguf = *g;
    w->layer = calloc(w->config.layers, sizeof *w->layer);
    if (!w->layer)
        code = qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for %zu layers", w->config.layers);
    for (size_t i = 0; i < w->config.layers && !code; i++)
        code = load_layer(w, i, err);
    if (!code)
        code = load_embedding(w, err);
    if (!code)
        code = load_vector(w, &w->output_norm, model_gguf_find_tensor(g, "output_norm.weight"), err);
    if (code) {
        w->gguf = (struct model_gguf){0};
        model_weights_free(w);
        return code;
    }
    w->loaders = NULL;
    *g = (struct model_gguf){0};
    return 0;
}

void model_weights_free(struct model_weights *w)
{
    for (size_t i = 0; w->layer && i < w->config.layers; i++) {
        for (int m = 0; m < MODEL_MATRICES; m++) {
            free(w->layer[i].matrix[m].i2s16);
            free(w->layer[i].matrix[m].qk256);
        }
        for (int n = 0; n < MODEL_NORMS; n++)
            free(w->layer[i].norm[n]);
    }
    free(w->layer);
    free(w->embedding_copy);
    free(w->output_norm);
    model_head_copy_free(w->head_copy);
    model_gguf_close(&w->gguf);
    *w = (struct model_weights){0};
}
