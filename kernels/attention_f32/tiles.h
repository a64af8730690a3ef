/* SPDX-License-Identifier: MIT */
/*
 * The loops of the vector variants; ymm.h and zmm.h have what works on vectors. The rows of a kv head are its
 * query heads, token by token, and four of them are a block. Up to 64 rows go through the tiles of keys
 * together. A tile's keys are widened to floats once for all blocks. A block gets its scores, then its
 * weights. Then the values are widened and added up.
 *
 * A single block, as in generation, takes the cache as it is. It asks for the next tile meanwhile, with
 * vectors of sixteen line by line (zmm.h). With those of eight it asks at once, which costs them less.
 *
 * A file defines ELEMENT, the element type of its cache, and EIGHT or SIXTEEN, which makes a vector of so
 * many of them. With vectors of sixteen it may define HINTS (rows/hints.h): how a single block asks.
 */
#pragma once

#include "kernels/rows/hints.h"

#ifdef SIXTEEN
#include "kernels/attention_f32/zmm.h"
#else
#include "kernels/attention_f32/ymm.h"
#endif

#include <float.h>
#include <math.h>

enum {
    BLOCK = 4, /* rows */
    BLOCKS = 16,
    KEYS = QK_ATTENTION_KEYS,
    COLUMNS = QK_ATTENTION_COLUMNS,
    STEP = 16, /* columns: what is a multiple of it needs no copy */
    LANES = 16,
};

/* After `rows` the last row is repeated. It is computed again, with the same result. */
struct block {
    _Alignas(64) float w[KEYS * BLOCK]; /* [key][row] */
    float most[LANES], sum[LANES], factor[LANES];
    const float *q[BLOCK];
    float *out[BLOCK];
    size_t sees[BLOCK], rows; /* positions, ascending */
};

/* A call's rows of one kv head, and room for a tile of keys or values. */
struct attending {
    struct block block[BLOCKS];
    _Alignas(64) float wide[KEYS * COLUMNS];
    const ELEMENT *k, *v;
    size_t blocks, stride, dim; /* stride: from position to position */
    float scale;
    bool far; /* a cache too long for L2: its pages are asked for, too (rows/hints.h) */
};

static inline size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t whole_steps(size_t n)
{
    return (n + STEP - 1) / STEP * STEP;
}

/* How many of the tile's keys, from position `at` on, row r sees. */
static inline size_t keys_of(const struct block *b, int r, size_t at)
{
    return b->sees[r] > at ? lesser(b->sees[r] - at, KEYS) : 0;
}

/* n positions of `columns`, with zeros up to whole steps. */
static inline void widen(float *to, const ELEMENT *from, size_t stride, size_t n, size_t columns)
{
    for (size_t p = 0; p < n; p++, from += stride) {
        size_t d = 0;
        for (; d + STEP <= columns; d += STEP, to += STEP)
            widen16(to, from + d);
        if (d < columns) {
            ELEMENT rest[STEP];
            QK_COPY(rest, from + d, columns - d);
            QK_CLEAR(rest + columns - d, STEP - (columns - d));
            widen16(to, rest);
            to += STEP;
        }
    }
}

static inline void scale_row(float *x, size_t n, float factor)
{
    size_t d = 0;
    for (; d + STEP <= n; d += STEP)
        scale16(x + d, factor);
    for (; d < n; d++)
        x[d] *= factor;
}

static inline void clear_row(float *x, size_t n)
{
    size_t d = 0;
    for (; d + STEP <= n; d += STEP)
        clear16(x + d);
    QK_CLEAR(x + d, n - d);
}

/* A row's queries, of which the last step is not whole. */
static inline void pad(float *to, const float *from, size_t n)
{
    QK_COPY(to, from, n);
    QK_CLEAR(to + n, whole_steps(n) - n);
}

#ifndef SIXTEEN
/* The cache's lines of four positions from `at` on, of those that the row sees. */
static inline void ask_for(const struct attending *a, const ELEMENT *from, size_t at)
{
    const size_t end = lesser(at + 4, a->block[0].sees[BLOCK - 1]);
    for (; at < end; at++)
        for (size_t d = 0; d < a->dim; d += 64 / sizeof(ELEMENT))
            _mm_prefetch((const char *)(from + at * a->stride + d), _MM_HINT_T0);
}
#endif

/* The only block's scores with n keys from position `at` on. */
static void scores_alone(const struct attending *a, float *w, size_t at, size_t n, size_t from,
                         size_t columns)
{
    const struct block *b = &a->block[0];
    const float *const q[BLOCK] = {b->q[0] + from, b->q[1] + from, b->q[2] + from, b->q[3] + from};
    const size_t step = 4 * a->stride * sizeof(ELEMENT);
    for (size_t p = 0; p < n; p += 4) {
        if (a->far) {
            qk_ask_page(a->k + (at + p) * a->stride, step, 16, 1);
            qk_ask_page(a->v + (at + p) * a->stride, step, 16, 1);
        }
#ifndef SIXTEEN
        ask_for(a, a->v, at + p);
        ask_for(a, a->k, at + KEYS + p);
#endif
        scores_of_cache(w + BLOCK * p, q, a->k + (at + p) * a->stride + from, a->stride, lesser(n - p, 4),
                        columns, !from);
    }
}

static void scores_together(struct attending *a, size_t at, size_t n, size_t from, size_t columns)
{
    const size_t whole = whole_steps(columns);
    widen(a->wide, a->k + at * a->stride + from, a->stride, n, columns);
    for (size_t i = 0; i < a->blocks; i++) {
        struct block *b = &a->block[i];
        float padded[BLOCK][COLUMNS];
        const float *q[BLOCK];
        for (int r = 0; r < BLOCK; r++)
            q[r] = whole == columns ? b->q[r] + from : padded[r];
        for (int r = 0; r < BLOCK && whole != columns; r++)
            pad(padded[r], b->q[r] + from, columns);
        scores_of_wide(b->w, q, a->wide, whole, keys_of(b, BLOCK - 1, at), whole, !from);
    }
}

/* Weights of the keys from `at` on. What a row has summed up until now is made smaller if it must be. */
static void weigh(struct block *b, float *w, size_t at, size_t dim, float scale)
{
    for (int r = 0; r < BLOCK; r++)
        for (size_t p = keys_of(b, r, at); p < KEYS; p++)
            w[BLOCK * p + (size_t)r] = -INFINITY;
    soften(w, b->most, b->sum, b->factor, scale);
    for (size_t r = 0; r < b->rows; r++)
        if (b->factor[r] != 1.0f)
            scale_row(b->out[r], dim, b->factor[r]);
}

/* Adds n keys' values to the block, from column `from` on. wide: of them, or NULL to take the cache's. */
static void mix(const struct attending *a, struct block *b, const float *weights, size_t at, size_t from,
                size_t columns, const float *wide)
{
    const size_t steps = columns / STEP * STEP, whole = whole_steps(columns);
    size_t done = 0, end;
    for (int r = 0; r < BLOCK; r++, done = end) {
        float *out[BLOCK], rest[BLOCK][STEP], *tail[BLOCK];
        const float *w[BLOCK];
        end = keys_of(b, r, at);
        for (int i = 0; i < BLOCK; i++) { /* a row that sees no more repeats this one */
            const int row = i < r ? r : i;
            out[i] = b->out[row] + from;
            w[i] = weights + row;
            tail[i] = rest[i];
        }
        if (end == done)
            continue;
        if (!wide) {
            mix_of_cache(out, w, a->v + at * a->stride + from, a->stride, done, end, columns);
            continue;
        }
        mix_of_wide(out, w, wide, whole, done, end, steps);
        for (int i = 0; i < BLOCK && steps < whole; i++)
            pad(rest[i], out[i] + steps, columns - steps);
        if (steps < whole)
            mix_of_wide(tail, w, wide + steps, whole, done, end, STEP);
        for (int i = 0; i < BLOCK && steps < whole; i++)
            QK_COPY(out[i] + steps, rest[i], columns - steps);
    }
}

static void scores_of_tile(const struct attending *a, float *w, size_t at)
{
    const size_t n = keys_of(&a->block[0], BLOCK - 1, at);
    for (size_t from = 0; from < a->dim; from += COLUMNS)
        scores_alone(a, w, at, n, from, lesser(a->dim - from, COLUMNS));
}

/*
 * The only block over the cache as it is. The next tile's scores come before this one's values are mixed, so
 * that they do not wait for its weights. The second block has room for them.
 */
static void attend_alone(struct attending *a)
{
    struct block *const b = &a->block[0];
    const size_t sees = b->sees[BLOCK - 1];
    float *w = b->w, *next = a->block[1].w;
    a->far = ASKS_PAGES && sees * a->stride * sizeof(ELEMENT) > 256 << 10;
    scores_of_tile(a, w, 0);
    for (size_t at = 0; at < sees; at += KEYS) {
        weigh(b, w, at, a->dim, a->scale);
        if (at + KEYS < sees)
            scores_of_tile(a, next, at + KEYS);
        for (size_t from = 0; from < a->dim; from += COLUMNS)
            mix(a, b, w, at, from, lesser(a->dim - from, COLUMNS), NULL);
        float *const done = w;
        w = next;
        next = done;
    }
}

/* One tile of keys, from position `at` on, for all blocks. */
static void attend_tile(struct attending *a, size_t at)
{
    const size_t n = keys_of(&a->block[a->blocks - 1], BLOCK - 1, at);
    for (size_t from = 0; from < a->dim; from += COLUMNS)
        scores_together(a, at, n, from, lesser(a->dim - from, COLUMNS));
    for (size_t i = 0; i < a->blocks; i++)
        if (keys_of(&a->block[i], BLOCK - 1, at))
            weigh(&a->block[i], a->block[i].w, at, a->dim, a->scale);
    for (size_t from = 0; from < a->dim; from += COLUMNS) {
        const size_t columns = lesser(a->dim - from, COLUMNS);
        widen(a->wide, a->v + at * a->stride + from, a->stride, n, columns);
        for (size_t i = 0; i < a->blocks; i++)
            mix(a, &a->block[i], a->block[i].w, at, from, columns, a->wide);
    }
}

static void begin_block(struct block *b, size_t rows, size_t dim)
{
    b->rows = rows;
    for (int i = 0; i < LANES; i++) {
        b->most[i] = -FLT_MAX;
        b->sum[i] = 0.0f;
    }
    for (size_t r = 0; r < rows; r++)
        clear_row(b->out[r], dim);
}

/* `rows` rows from `row` on, of the heads of one kv head, which begin at q and out. */
static void attend_rows(struct attending *a, float *out, const float *q, size_t row, size_t rows,
                        size_t group, size_t stride, size_t positions)
{
    a->blocks = (rows + BLOCK - 1) / BLOCK;
    for (size_t i = 0; i < a->blocks; i++) {
        struct block *b = &a->block[i];
        for (size_t r = 0; r < BLOCK; r++) {
            const size_t of = row + lesser(BLOCK * i + r, rows - 1), t = of / group;
            b->q[r] = q + t * stride + of % group * a->dim;
            b->out[r] = out + t * stride + of % group * a->dim;
            b->sees[r] = positions + t;
        }
        begin_block(b, lesser(rows - BLOCK * i, BLOCK), a->dim);
    }
    if (a->blocks == 1 && a->dim % STEP == 0)
        attend_alone(a);
    else
        for (size_t at = 0; at < a->block[a->blocks - 1].sees[BLOCK - 1]; at += KEYS)
            attend_tile(a, at);
    for (size_t i = 0; i < a->blocks; i++)
        for (size_t r = 0; r < a->block[i].rows; r++)
            scale_row(a->block[i].out[r], a->dim, 1.0f / a->block[i].sum[r]);
}

#define QK_ATTENTION(name)                                                                                   \
    void name(float *restrict out, const float *restrict q, const ELEMENT *restrict k,                       \
              const ELEMENT *restrict v, size_t tokens, size_t stride, size_t positions, size_t heads,       \
              size_t kv_heads, size_t dim, float scale)                                                      \
    {                                                                                                        \
        const size_t group = heads / kv_heads, rows = tokens * group;                                        \
        struct attending a;                                                                                  \
        a.stride = kv_heads * dim;                                                                           \
        a.dim = dim;                                                                                         \
        a.scale = scale;                                                                                     \
        for (size_t g = 0; g < kv_heads; g++) {                                                              \
            const size_t head = g * group * dim;                                                             \
            a.k = k + g * dim;                                                                               \
            a.v = v + g * dim;                                                                               \
            for (size_t row = 0; row < rows; row += BLOCK * BLOCKS)                                          \
                attend_rows(&a, out + head, q + head, row, lesser(rows - row, BLOCK * BLOCKS), group,        \
                            stride, positions);                                                              \
        }                                                                                                    \
    }
