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
/* Four lanes, which every machine has. A compiler left to itself makes less of these loops. */
typedef float quad __attribute__((vector_size(16)));
typedef int32_t quad_int __attribute__((vector_size(16)));
enum { QUAD = 4, QUADS = HEAD4_BLOCK / QUAD, LANE_QUADS = LANES / QUAD };

/* A row, widened. */
struct row {
    float *w;       /* [columns] */
    float *most;    /* [blocks] the largest magnitude of each */
    float by, unit; /* what scales it, and the inverse */
};

/* Sums of squares, lane by lane: of the row, and of what the planes leave of it. */
struct squares {
    quad row[LANE_QUADS], coarse[LANE_QUADS], both[LANE_QUADS];
};

static quad load(const float *from)
{
    quad q;
    memcpy(&q, from, sizeof q);
    return q;
}

/* The largest magnitude of a block. As integers, so that of what is not finite something not finite stays. */
static float largest(const float *w)
{
    quad_int most = {0};
    float found;
    for (int i = 0; i < QUADS; i++) {
        const quad_int size = (quad_int)load(w + i * QUAD) & 0x7fffffff, more = size > most;
        most = (size & more) | (most & ~more);
    }
    int32_t of_all = 0;
    for (int i = 0; i < QUAD; i++)
        of_all = most[i] > of_all ? most[i] : of_all;
    memcpy(&found, &of_all, sizeof found);
    return found;
}

/* False when a weight is not finite. */
static bool scale_row(struct row *r, size_t columns)
{
    float most = 0;
    int exponent = 0;
    bool finite = true;
    for (size_t b = 0; b < columns / HEAD4_BLOCK; b++) {
        r->most[b] = largest(r->w + b * HEAD4_BLOCK);
        finite = finite && isfinite(r->most[b]);
        most = r->most[b] > most ? r->most[b] : most;
    }
    r->unit = r->by = 1;
    if (!finite || !(most > 0))
        return finite;
    frexpf(most, &exponent);
    exponent = exponent - 1 - TOP > -126 ? exponent - 1 - TOP : -126;
    r->unit = ldexpf(1, exponent);
    r->by = ldexpf(1, -exponent);
    return true;
}

static double sum_of(const quad *lane)
{
    double sum = 0;
    for (size_t j = 0; j < LANES; j++)
        sum += (double)lane[j / QUAD][j % QUAD];
    return sum;
}

/* Adds the squares of a block, lane by lane. */
static void add_squares(quad *sum, const quad *x)
{
    for (size_t j = 0; j < LANE_QUADS; j++) {
        const quad a = x[j], b = x[j + LANE_QUADS], c = x[j + 2 * LANE_QUADS], d = x[j + 3 * LANE_QUADS];
        sum[j] += (a * a + b * b) + (c * c + d * d);
    }
}

/*
 * Codes of a block of a row, and what is left of it. Any scale and any codes are right, because the rest is
 * taken of what they really say; these make it small.
 */
static uint16_t code_block(int32_t *code, const struct row *r, size_t block, struct squares *s)
{
    const float most = r->most[block] * r->by;
    uint16_t half = qk_f32_to_f16(most * 0x1p-7f);
    if (most > 0 && !half)
        half = 1;
    const float scale = qk_f16_to_f32(half), inverse = half ? 1 / scale : 0;
    quad w[QUADS], coarse[QUADS], both[QUADS];
    for (int i = 0; i < QUADS; i++) {
        w[i] = load(r->w + block * HEAD4_BLOCK + (size_t)i * QUAD) * r->by;
        /* a half more than 127.5: what follows cuts off */
        quad_int c = __builtin_convertvector(w[i] * inverse + 128, quad_int);
        c &= ~(c >> 31);
        c = (c | (c > 255)) & 255;
        both[i] = w[i] - scale * (__builtin_convertvector(c, quad) - 127.5f);
        coarse[i] = w[i] - scale * __builtin_convertvector((c & ~15) - 120, quad);
        memcpy(code + i * QUAD, &c, sizeof c);
    }
    add_squares(s->row, w);
    add_squares(s->both, both);
    add_squares(s->coarse, coarse);
    return half;
}

/* The block's codes to its units; at: the row's dword of the first. */
static void place(uint8_t *coarse, uint8_t *fine, const int32_t *code)
{
    const uint64_t low = 0x0f0f0f0f0f0f0f0fu;
    uint8_t byte[HEAD4_BLOCK];
    for (size_t i = 0; i < HEAD4_BLOCK; i++)
        byte[i] = (uint8_t)code[i];
    for (size_t u = 0; u < HEAD4_BLOCK / HEAD4_UNIT_COLUMNS; u++) {
        uint64_t eight;
        memcpy(&eight, byte + u * HEAD4_UNIT_COLUMNS, sizeof eight);
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
    float *row;        /* [threads][row_room] */
    atomic_size_t bad; /* a row that cannot be bounded, or SIZE_MAX */
};

/* Floats of a thread's buffer: a row, and the largest of each block. */
static size_t row_room(const struct model_weights *w)
{
    return w->config.embedding + w->config.embedding / HEAD4_BLOCK;
}

static bool make_row(const struct making *m, size_t row, float *buffer)
{
    const size_t columns = m->w->config.embedding, blocks = columns / HEAD4_BLOCK;
    const size_t first = row / HEAD4_ROWS * blocks, lane = row % HEAD4_ROWS;
    struct row r = {.w = buffer, .most = buffer + columns};
    struct squares s = {0};
    model_head_row(m->w, row, r.w);
    if (!scale_row(&r, columns))
        return false;
    for (size_t b = 0; b < blocks; b++) {
        int32_t code[HEAD4_BLOCK];
        const size_t at = (first + b) * HEAD4_BLOCK_BYTES + 4 * lane;
        m->copy->scale[(first + b) * HEAD4_ROWS + lane] = code_block(code, &r, b, &s);
        place(m->copy->coarse + at, m->copy->fine + at, code);
    }
    return bound_row(m->copy, row, &r, &s, m->w);
}

static void make_part(void *ctx, size_t first, size_t end, size_t thread)
{
    struct making *m = ctx;
    for (size_t row = first; row < end; row++) {
        size_t bad = atomic_load(&m->bad);
        if (!make_row(m, row, m->row + thread * row_room(m->w)))
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
    if (!code && !(m.row = calloc(threads * row_room(w), sizeof *m.row)))
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for rows of the head");
    if (!code)
        code = model_pool_new(&pool, threads, calls, err);
    if (!code)
        model_pool_run(pool, vocab, HEAD4_ROWS, &pace, make_part, &m);
    model_pool_free(pool);
    free(m.row);
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
