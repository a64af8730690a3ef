/* SPDX-License-Identifier: MIT */
/* The compact copy of the head, made once at load. */
#include "model/forward/private.h"

#include "kernels/layout.h"
#include "kernels/library/qkernels.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SQUARES = HEAD4_SQUARES * HEAD4_LANES }; /* of a row */
/* Norms above this could make logits overflow. */
static const double NORM_MOST = 0x1p60;

static double sum_of(const float *lane)
{
    double sum = 0;
    for (size_t j = 0; j < HEAD4_LANES; j++)
        sum += (double)lane[j];
    return sum;
}

/* k roundings in a row. */
static double roundings(double k)
{
    return k * 0x1p-24 / (1 - k * 0x1p-24);
}

/*
 * Rounded up, with what the f32 sums of squares can be off by: a lane adds every eighth of them, and before
 * that each has rounded three times.
 */
static float up(double x, size_t columns)
{
    return (float)(x * (1 + roundings((double)(columns / HEAD4_LANES) + 16)));
}

/*
 * The row's part of the bound (head.h). 2^-40 is more than the squares that underflow, in units in which the
 * largest weight is 2^21. False when the row cannot be bounded.
 */
static bool bound_row(struct model_head_copy *c, size_t row, float unit_f32, const float *squares,
                      const struct model_weights *w)
{
    const size_t columns = w->config.embedding;
    const double of_row = sum_of(squares), unit = (double)unit_f32, little = of_row > 0 ? 0x1p-40 : 0;
    const double norm = unit * (sqrt(of_row) + little);
    const double coarse = unit * (sqrt(sum_of(squares + HEAD4_LANES)) + little);
    const double both = unit * (sqrt(sum_of(squares + 2 * HEAD4_LANES)) + little);
    const double g = model_head_sum_error(w), h = roundings((double)(columns / HEAD4_BLOCK) + 2);
    c->half_unit[row] = unit_f32 / 2;
    c->norm[row] = up(norm, columns);
    c->coarse_off[row] = up(coarse + g * norm + h * (norm + coarse), columns);
    c->both_off[row] = up(both + g * norm + h * (norm + 2 * coarse + both), columns);
    return norm <= NORM_MOST;
}

struct making {
    struct model_weights *w;
    struct model_head_copy *copy;
    float *rows;       /* [threads][16][columns] */
    atomic_size_t bad; /* a row that cannot be bounded, or SIZE_MAX */
    atomic_int code;   /* of the op */
};

static void found_bad(struct making *m, size_t row)
{
    size_t bad = atomic_load(&m->bad);
    while (row < bad && !atomic_compare_exchange_weak(&m->bad, &bad, row))
        ;
}

/* Sixteen rows; those behind the vocabulary are zero. */
static void make_rows(struct making *m, size_t first, float *rows)
{
    const size_t columns = m->w->config.embedding, vocab = m->w->config.vocab;
    const size_t plane = first * columns / 2, scales = first * columns / HEAD4_BLOCK;
    const size_t n = vocab - first < HEAD4_ROWS ? vocab - first : HEAD4_ROWS;
    struct model_head_copy *const c = m->copy;
    float unit[HEAD4_ROWS], squares[HEAD4_ROWS * SQUARES];
    for (size_t r = 0; r < n; r++)
        model_head_row(m->w, first + r, rows + r * columns);
    memset(rows + n * columns, 0, (HEAD4_ROWS - n) * columns * sizeof *rows);
    const int code = qk_head4_pack(c->coarse + plane, c->fine + plane, c->scale + scales, unit, squares, rows,
                                   HEAD4_ROWS, columns, NULL);
    if (code)
        atomic_store(&m->code, code);
    for (size_t r = 0; r < n && !code; r++)
        if (!bound_row(c, first + r, unit[r], squares + r * SQUARES, m->w))
            found_bad(m, first + r);
}

static void make_part(void *ctx, size_t first, size_t end, size_t thread)
{
    struct making *m = ctx;
    for (size_t row = first; row < end; row += HEAD4_ROWS)
        make_rows(m, row, m->rows + thread * HEAD4_ROWS * m->w->config.embedding);
}

/* The next part of the copy. The last sixteen rows may be padding, so they are zeroed. */
static void *take(struct model_head_copy *c, size_t *at, size_t row_bytes)
{
    uint8_t *p = c->memory + *at;
    *at += c->rows * row_bytes;
    memset(p + (c->rows - HEAD4_ROWS) * row_bytes, 0, HEAD4_ROWS * row_bytes);
    return p;
}

/* Sixteen rows of any part but the last are whole cache lines. */
static int reserve(struct model_head_copy *c, size_t columns, struct qk_error *err)
{
    static const char what[] = "compact copy of the head";
    const size_t plane = columns / 2, scales = columns / HEAD4_BLOCK * sizeof *c->scale;
    size_t at = 0;
    if (!qk_mul_size(c->rows, 2 * plane + scales + 4 * sizeof(float), &c->bytes))
        return qk_fail(err, QK_ERR_MEMORY, what, "%zu rows of %zu columns overflow", c->rows, columns);
    c->memory = model_reserve(c->bytes, what, err);
    if (!c->memory)
        return QK_ERR_MEMORY;
    c->coarse = take(c, &at, plane);
    c->fine = take(c, &at, plane);
    c->half_unit = take(c, &at, sizeof(float));
    c->norm = take(c, &at, sizeof(float));
    c->coarse_off = take(c, &at, sizeof(float));
    c->both_off = take(c, &at, sizeof(float));
    c->scale = take(c, &at, scales);
    return 0;
}

int model_head_copy_make(struct model_weights *w, size_t threads, const struct model_pool_calls *calls,
                         struct qk_error *err)
{
    const size_t vocab = w->config.vocab, columns = w->config.embedding;
    const enum model_gguf_type type = w->config.head_type;
    if (type != MODEL_GGUF_TYPE_F32 && type != MODEL_GGUF_TYPE_F16 && type != MODEL_GGUF_TYPE_BF16)
        return qk_fail(err, QK_ERR_UNAVAILABLE, model_head_name(&w->config),
                       "a head of type %s is hardly larger than its copy would be",
                       model_gguf_type_name(type));
    struct model_head_copy *c = calloc(1, sizeof *c);
    struct making m = {.w = w, .copy = c, .bad = SIZE_MAX};
    struct model_pool *pool = NULL;
    struct model_pace pace = {0};
    if (!c)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a copy of the head");
    c->rows = (vocab + HEAD4_ROWS - 1) / HEAD4_ROWS * HEAD4_ROWS;
    int code = reserve(c, columns, err);
    if (!code &&
        !(m.rows = model_alloc(threads * HEAD4_ROWS * columns, sizeof *m.rows, "rows of the head", err)))
        code = QK_ERR_MEMORY;
    if (!code)
        code = model_pool_new(&pool, threads, calls, err);
    if (!code)
        model_pool_run(pool, vocab, HEAD4_ROWS, &pace, make_part, &m);
    if (!code && m.code)
        code = qk_fail(err, m.code, model_head_name(&w->config), "its rows cannot be packed");
    model_pool_free(pool);
    free(m.rows);
    model_gguf_give_back(&w->gguf, model_gguf_find_tensor(&w->gguf, model_head_name(&w->config)));
    if (!code && m.bad != SIZE_MAX)
        code =
            qk_fail(err, QK_ERR_UNAVAILABLE, model_head_name(&w->config),
                    "row %zu has a weight that is not finite, or a norm above %g", (size_t)m.bad, NORM_MOST);
    if (code)
        model_head_copy_free(c);
    else
        w->head_copy = c;
    return code;
}

void model_head_copy_free(struct model_head_copy *c)
{
    if (!c)
        return;
    free(c->memory);
    free(c);
}
