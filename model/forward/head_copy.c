/* SPDX-License-Identifier: MIT */
/* The compact copy of the head, made once at load. */
#include "model/forward/private.h"

#include "kernels/f16.h"
#include "kernels/layout.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = 8,
    /*
     * Rows are scaled by a power of two so that their largest weight is 2^TOP to 2^(TOP + 1). A 128th of it
     * is then near the largest f16, and blocks far below it still have normal scales.
     */
    TOP = 21,
};
/* Norms above this could make logits overflow. */
static const double NORM_MOST = 0x1p60;
/* A row, widened and scaled. */
struct row {
    float *w; /* [columns] */
    float unit;
};

/* Sums of squares, lane by lane: of the row, and of what the planes leave of it. */
struct squares {
    float row[LANES], coarse[LANES], both[LANES];
};

/* The bits of the largest magnitude; n is a multiple of HEAD4_BLOCK. */
static uint32_t largest(const float *w, size_t n)
{
    int32_t most = 0;
    for (size_t i = 0; i < n; i += HEAD4_BLOCK) {
        int32_t bits[HEAD4_BLOCK];
        memcpy(bits, w + i, sizeof bits);
        for (size_t j = 0; j < HEAD4_BLOCK; j++) {
            const int32_t size = bits[j] & 0x7fffffff;
            most = size > most ? size : most;
        }
    }
    return (uint32_t)most;
}

static float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* False when a weight is not finite. */
static bool scale_row(struct row *r, size_t columns)
{
    const uint32_t most = largest(r->w, columns);
    int exponent = 0;
    r->unit = 1;
    if (most >= 0x7f800000u)
        return false;
    if (!most)
        return true;
    frexpf(as_float(most), &exponent);
    exponent = exponent - 1 - TOP > -126 ? exponent - 1 - TOP : -126;
    r->unit = ldexpf(1, exponent);
    const float by = ldexpf(1, -exponent);
    for (size_t i = 0; i < columns; i++)
        r->w[i] *= by;
    return true;
}

static double sum_of(const float *lane)
{
    double sum = 0;
    for (size_t j = 0; j < LANES; j++)
        sum += (double)lane[j];
    return sum;
}

/* Adds the squares of a block, lane by lane. */
static void add_squares(float *sum, const float *x)
{
    for (size_t j = 0; j < LANES; j++)
        sum[j] += (x[j] * x[j] + x[j + LANES] * x[j + LANES]) +
                  (x[j + 2 * LANES] * x[j + 2 * LANES] + x[j + 3 * LANES] * x[j + 3 * LANES]);
}

/*
 * Codes of a block of a row, and what is left of it. Any scale and any codes are right, because the rest is
 * taken of what they really say; these make it small. Loops of one thing each, which compilers make vectors
 * of: a head of 128256 x 2560 takes one thread 1.0 s instead of 2.2.
 */
static uint16_t code_block(uint8_t *code, const float *w, struct squares *s)
{
    const uint32_t most = largest(w, HEAD4_BLOCK);
    uint16_t half = qk_f32_to_f16(as_float(most) * 0x1p-7f);
    if (most && !half)
        half = 1;
    const float scale = qk_f16_to_f32(half), inverse = half ? 1 / scale : 0;
    int32_t c[HEAD4_BLOCK];
    float coarse[HEAD4_BLOCK], both[HEAD4_BLOCK];
    for (size_t i = 0; i < HEAD4_BLOCK; i++) {
        float t = w[i] * inverse + 128; /* a half more than 127.5: what follows cuts off */
        t = t > 0 ? t : 0;
        c[i] = (int32_t)(t < 255 ? t : 255);
    }
    for (size_t i = 0; i < HEAD4_BLOCK; i++) {
        both[i] = w[i] - scale * ((float)c[i] - 127.5f);
        coarse[i] = w[i] - scale * (float)((c[i] & ~15) - 120);
    }
    for (size_t i = 0; i < HEAD4_BLOCK; i++)
        code[i] = (uint8_t)c[i];
    add_squares(s->row, w);
    add_squares(s->both, both);
    add_squares(s->coarse, coarse);
    return half;
}

/* The block's codes to its units; at: the row's dword of the first. */
static void place(uint8_t *coarse, uint8_t *fine, const uint8_t *code)
{
    const uint64_t low = 0x0f0f0f0f0f0f0f0fu;
    for (size_t u = 0; u < HEAD4_BLOCK / HEAD4_UNIT_COLUMNS; u++) {
        uint64_t eight;
        memcpy(&eight, code + u * HEAD4_UNIT_COLUMNS, sizeof eight);
        const uint64_t high = eight >> 4 & low;
        eight &= low;
        const uint32_t a = (uint32_t)high | (uint32_t)(high >> 32) << 4;
        const uint32_t b = (uint32_t)eight | (uint32_t)(eight >> 32) << 4;
        memcpy(coarse + u * HEAD4_UNIT_BYTES, &a, sizeof a);
        memcpy(fine + u * HEAD4_UNIT_BYTES, &b, sizeof b);
    }
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
    return (float)(x * (1 + roundings((double)(columns / LANES) + 16)));
}

/*
 * The row's part of the bound (head.h). 2^-40 is more than the squares that underflow, in units in which the
 * largest weight is 2^21.
 */
static bool bound_row(struct model_head_copy *c, size_t row, const struct row *r, const struct squares *s,
                      const struct model_weights *w)
{
    const size_t columns = w->config.embedding;
    const double unit = (double)r->unit, little = sum_of(s->row) > 0 ? 0x1p-40 : 0;
    const double norm = unit * (sqrt(sum_of(s->row)) + little);
    const double coarse = unit * (sqrt(sum_of(s->coarse)) + little);
    const double both = unit * (sqrt(sum_of(s->both)) + little);
    const double g = model_head_sum_error(w), h = roundings((double)(columns / HEAD4_BLOCK) + 2);
    c->half_unit[row] = r->unit / 2;
    c->norm[row] = up(norm, columns);
    c->coarse_off[row] = up(coarse + g * norm + h * (norm + coarse), columns);
    c->both_off[row] = up(both + g * norm + h * (norm + 2 * coarse + both), columns);
    return norm <= NORM_MOST;
}

struct making {
    struct model_weights *w;
    struct model_head_copy *copy;
    float *row;        /* [threads][columns] */
    atomic_size_t bad; /* a row that cannot be bounded, or SIZE_MAX */
};

static bool make_row(const struct making *m, size_t row, float *buffer)
{
    const size_t columns = m->w->config.embedding, blocks = columns / HEAD4_BLOCK;
    const size_t first = row / HEAD4_ROWS * blocks, lane = row % HEAD4_ROWS;
    struct row r = {.w = buffer};
    struct squares s = {{0}, {0}, {0}};
    model_head_row(m->w, row, r.w);
    if (!scale_row(&r, columns))
        return false;
    for (size_t b = 0; b < blocks; b++) {
        uint8_t code[HEAD4_BLOCK];
        const size_t at = (first + b) * HEAD4_BLOCK_BYTES + 4 * lane;
        m->copy->scale[(first + b) * HEAD4_ROWS + lane] = code_block(code, r.w + b * HEAD4_BLOCK, &s);
        place(m->copy->coarse + at, m->copy->fine + at, code);
    }
    return bound_row(m->copy, row, &r, &s, m->w);
}

static void make_part(void *ctx, size_t first, size_t end, size_t thread)
{
    struct making *m = ctx;
    for (size_t row = first; row < end; row++) {
        size_t bad = atomic_load(&m->bad);
        if (!make_row(m, row, m->row + thread * m->w->config.embedding))
            while (row < bad && !atomic_compare_exchange_weak(&m->bad, &bad, row))
                ;
    }
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
    c->memory = model_reserve_stream(c->bytes, what, err);
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
    struct model_head_copy *c = calloc(1, sizeof *c);
    struct making m = {.w = w, .copy = c, .bad = SIZE_MAX};
    struct model_pool *pool = NULL;
    struct model_pace pace = {0};
    if (!c)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a copy of the head");
    c->rows = (vocab + HEAD4_ROWS - 1) / HEAD4_ROWS * HEAD4_ROWS;
    int code = reserve(c, columns, err);
    if (!code && !(m.row = calloc(threads * columns, sizeof *m.row)))
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for rows of the head");
    if (!code)
        code = model_pool_new(&pool, threads, calls, err);
    if (!code)
        model_pool_run(pool, vocab, HEAD4_ROWS, &pace, make_part, &m);
    model_pool_free(pool);
    free(m.row);
    model_gguf_give_back(&w->gguf, model_gguf_find_tensor(&w->gguf, "token_embd.weight"));
    if (!code && m.bad != SIZE_MAX)
        code =
            qk_fail(err, QK_ERR_UNAVAILABLE, "token_embd.weight",
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
