/* SPDX-License-Identifier: MIT */
/* Products of matrices and rows of activations. Each thread computes its share of the matrix's rows. */
#include "model/forward/private.h"

#include "kernels/act_quant/op.h"
#include "kernels/f16.h"
#include "kernels/f32_dot/op.h"
#include "kernels/i2s16_gemm/op.h"
#include "kernels/i2s16_gemv/op.h"
#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/q2_0x16_gemm/op.h"
#include "kernels/q2_0x16_gemv/op.h"
#include "kernels/qk256_dequant/op.h"
#include "kernels/qk256_gemv/op.h"
#include "kernels/relu2_mul/op.h"
#include "kernels/scale_i32/op.h"
#include "kernels/silu_mul/op.h"

#include <string.h>

/*
 * A job of products of one or several matrices with the rows of s->input. Its items are groups of rows times
 * blocks of tokens: panel after panel of groups, block after block in each of them. A panel's codes stay in
 * L2 while the activations of all blocks stream by. So memory is asked for the weights once, not per block.
 */
struct product {
    struct model_state *s;
    const struct model_matrix *m[3];
    float *y[3];         /* [tokens][rows] each; not when `then` has the results */
    size_t count;        /* matrices */
    size_t tokens, rows; /* rows of a group */
    size_t groups;       /* of all matrices, one behind the other; with `then`, of each */
    size_t panel;        /* groups of a panel */
    /*
     * NULL, or what becomes of a token's results in rows `row` to row + rows: y0[rows] of the first matrix,
     * y1 of the second. They are in a buffer of the thread's and nowhere else.
     */
    void (*then)(struct model_state *s, size_t token, size_t row, size_t rows, const float *y0,
                 const float *y1);
    const float *to; /* [tokens][m[0]->rows], which `then` writes; it is asked for before the product */
};

/*
 * Tokens of a block: at most two tiles of the kernel, which are of 12 tokens, or of 16 with AMX. Blocks are
 * alike, since a small one would read the weights for few tokens. A row that is dequantised serves all tokens
 * at once.
 */
enum { BLOCK = 24, BLOCK_AMX = 32 };

static size_t block_of(const struct product *p)
{
    const bool amx = p->s->kernels.path == MODEL_PATH_I2S16 && !p->m[0]->scales &&
                     p->s->kernels.of[QK_OP_i2s16_gemm]->isa == QK_ISA_AMX;
    const size_t most = amx ? BLOCK_AMX : BLOCK;
    const size_t blocks = (p->tokens + most - 1) / most;
    return p->s->kernels.path == MODEL_PATH_DEQUANT ? p->tokens : (p->tokens + blocks - 1) / blocks;
}

/* Rows first to end of one matrix, for tokens t to t + n: y[n][stride], of which end - first are written. */
struct piece {
    const struct model_matrix *m;
    float *y;
    size_t stride, first, end, t, n;
};

/* Integers are exact, so how rows are dealt out to threads and calls decides nothing. */
static void scale_sums(const struct model_state *s, const struct piece *p, const int32_t *sums)
{
    const size_t rows = p->end - p->first;
    for (size_t t = 0; t < p->n; t++) {
        const float factor = p->m->scale / s->q_scale[p->t + t];
        MODEL_CALL(s, scale_i32, p->y + t * p->stride, sums + t * rows, factor, rows);
    }
}

static void i2s16_piece(struct model_state *s, const struct piece *p, int32_t *sums)
{
    const size_t columns = p->m->columns, rows = p->end - p->first;
    const uint8_t *codes = p->m->i2s16 + p->first * columns / 4;
    const int8_t *q = s->q + p->t * columns;
    if (p->n == 1)
        MODEL_CALL(s, i2s16_gemv, sums, codes, q, s->q_sum[p->t], rows, columns);
    else
        MODEL_CALL(s, i2s16_gemm, sums, codes, q, s->q_sum + p->t, rows, columns, p->n);
    scale_sums(s, p, sums);
}

static void i2s_piece(struct model_state *s, const struct piece *p, int32_t *sums)
{
    const size_t columns = p->m->columns, rows = p->end - p->first;
    for (size_t t = 0; t < p->n; t++)
        MODEL_CALL(s, i2s_gemv, sums + t * rows, p->m->i2s + p->first * columns / 4,
                   s->q + (p->t + t) * columns, s->q_sum[p->t + t], rows, columns);
    scale_sums(s, p, sums);
}

/* log2 of a block's columns / 32. */
static int level_of(size_t block)
{
    int level = 0;
    while ((size_t)MODEL_BLOCK << level < block)
        level++;
    return level;
}

/* With scales of groups. Products go through a buffer, as the last rows are padded. */
static void groups_piece(struct model_state *s, const struct piece *p, float *products)
{
    const struct model_matrix *m = p->m;
    const size_t columns = m->columns, rows = p->end - p->first, groups = columns / m->group;
    const size_t padded = (rows + I2S16_ROWS - 1) / I2S16_ROWS * I2S16_ROWS;
    const size_t block = s->w->config.graph->rule == MODEL_RULE_Q8_0 ? (size_t)MODEL_BLOCK : m->group;
    const uint8_t *codes = m->i2s16 + p->first * columns / 4;
    const uint16_t *scales = m->scales + p->first * groups;
    const int8_t *q = s->q + p->t * columns;
    const int32_t *bias = s->block_sum[level_of(block)] + p->t * (columns / block);
    const float *x_scale = s->x_scale[level_of(block)] + p->t * (columns / block);
    if (p->n == 1)
        MODEL_CALL(s, q2_0x16_gemv, products, codes, scales, q, bias, x_scale, padded, columns, m->group,
                   block);
    else
        MODEL_CALL(s, q2_0x16_gemm, products, codes, scales, q, bias, x_scale, padded, columns, m->group,
                   block, p->n);
    for (size_t t = 0; t < p->n; t++)
        for (size_t r = 0; r < rows; r++)
            p->y[t * p->stride + r] = products[t * padded + r] * m->scale;
}

/* Sums go through a buffer of the thread's, which holds so many rows of each token. */
static void int8_rows(struct model_state *s, const struct piece *p, size_t thread)
{
    int32_t *sums = s->sums + thread * MODEL_SUMS;
    const size_t most = MODEL_SUMS / p->n / I2S16_ROWS * I2S16_ROWS;
    struct piece now = *p;
    for (; now.first < p->end; now.first = now.end) {
        now.end = p->end - now.first < most ? p->end : now.first + most;
        now.y = p->y + (now.first - p->first);
        if (p->m->scales)
            groups_piece(s, &now, s->products + thread * MODEL_SUMS);
        else if (s->kernels.path == MODEL_PATH_I2S16)
            i2s16_piece(s, &now, sums);
        else
            i2s_piece(s, &now, sums);
    }
}

/*
 * The sum of floats of a row may depend on how many rows a call has (a variant may take some together and
 * others not), so calls have the same rows whatever the number of threads is.
 */
enum { QK256_ROWS = 256 };

static void qk256_rows(struct model_state *s, const struct piece *p)
{
    const struct model_matrix *m = p->m;
    const size_t stride = (m->columns / QK256_BLOCK + (m->columns % QK256_BLOCK != 0)) * QK256_BLOCK_BYTES;
    const float lut[4] = {-m->scale, 0, m->scale, 2 * m->scale};
    for (size_t r = p->first; r < p->end; r += QK256_ROWS) {
        const size_t rows = p->end - r < QK256_ROWS ? p->end - r : QK256_ROWS;
        for (size_t t = p->t; t < p->t + p->n; t++)
            MODEL_CALL(s, qk256_gemv, p->y + (t - p->t) * p->stride + (r - p->first), m->qk256 + r * stride,
                       NULL, lut, s->input + t * m->columns, rows, m->columns);
    }
}

static void scale_row(const struct model_matrix *m, size_t r, float *row)
{
    const size_t groups = m->columns / m->group;
    const uint16_t *scales = m->scales + r / I2S16_ROWS * groups * I2S16_ROWS + r % I2S16_ROWS;
    for (size_t c = 0; c < m->columns; c++)
        row[c] *= qk_f16_to_f32(scales[c / m->group * I2S16_ROWS]);
}

/* As the audited runtime does: a row to floats, then a dot product; the row is made once for all tokens. */
static void dequant_rows(struct model_state *s, const struct piece *p, size_t thread)
{
    const struct model_matrix *m = p->m;
    const size_t blocks = m->columns / QK256_BLOCK + (m->columns % QK256_BLOCK != 0);
    const size_t widest = s->widest / QK256_BLOCK + (s->widest % QK256_BLOCK != 0);
    const float lut[4] = {-m->scale, 0, m->scale, 2 * m->scale};
    float *row = s->row + thread * widest * QK256_BLOCK;
    for (size_t r = p->first; r < p->end; r++) {
        MODEL_CALL(s, qk256_dequant, row, m->qk256 + r * blocks * QK256_BLOCK_BYTES, s->ones, lut, blocks);
        if (m->scales)
            scale_row(m, r, row);
        for (size_t t = p->t; t < p->t + p->n; t++)
            MODEL_CALL(s, f32_dot, p->y + (t - p->t) * p->stride + (r - p->first), row,
                       s->input + t * m->columns, m->columns);
    }
}

static void do_rows(struct model_state *s, const struct piece *p, size_t thread)
{
    switch (s->kernels.path) {
    case MODEL_PATH_DEQUANT:
        dequant_rows(s, p, thread);
        break;
    case MODEL_PATH_QK256:
        if (p->m->scales)
            dequant_rows(s, p, thread);
        else
            qk256_rows(s, p);
        break;
    default:
        int8_rows(s, p, thread);
    }
}

/*
 * Asks for where the results of several tokens will be written. Between two products of a token, its row is
 * in cache no more, and pieces of rows are too short for the hardware to foresee.
 */
enum { FLOATS_OF_LINE = 16 };
static void ask(const float *y, size_t stride, size_t rows, size_t n)
{
    for (size_t t = 0; t < n && n > 1; t++)
        for (size_t r = 0; r < rows; r += FLOATS_OF_LINE)
            __builtin_prefetch(y + t * stride + r, 1, 2);
}

static size_t groups_of(const struct product *p, size_t matrix)
{
    return (p->m[matrix]->rows + p->rows - 1) / p->rows;
}

/* Groups first to end of the job, for tokens t to t + n. */
static void do_groups(const struct product *p, size_t first, size_t end, size_t t, size_t n, size_t thread)
{
    for (size_t i = 0, before = 0; i < p->count; before += groups_of(p, i++)) {
        const struct model_matrix *m = p->m[i];
        const size_t past = before + groups_of(p, i), from = first < before ? before : first,
                     to = end < past ? end : past, row = (from - before) * p->rows;
        struct piece piece = {m, p->y[i] + t * m->rows + row, m->rows, row, (to - before) * p->rows, t, n};
        piece.end = piece.end < m->rows ? piece.end : m->rows;
        if (from >= to)
            continue;
        ask(piece.y, piece.stride, piece.end - piece.first, n);
        do_rows(p->s, &piece, thread);
    }
}

/* The same where the results are not kept. */
static void do_groups_then(const struct product *p, size_t first, size_t end, size_t t, size_t n,
                           size_t thread)
{
    const size_t most = MODEL_SUMS / n / p->rows * p->rows;
    size_t row = first * p->rows, last = end * p->rows;
    last = last < p->m[0]->rows ? last : p->m[0]->rows;
    for (size_t rows; row < last; row += rows) {
        float *y[2];
        rows = last - row < most ? last - row : most;
        ask(p->to + t * p->m[0]->rows + row, p->m[0]->rows, rows, n);
        for (size_t i = 0; i < p->count; i++) {
            y[i] = p->s->results + (2 * thread + i) * MODEL_SUMS;
            do_rows(p->s, &(struct piece){p->m[i], y[i], rows, row, row + rows, t, n}, thread);
        }
        for (size_t k = 0; k < n; k++)
            p->then(p->s, t + k, row, rows, y[0] + k * rows, p->count > 1 ? y[1] + k * rows : NULL);
    }
}

static void product_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct product *p = ctx;
    const size_t block = block_of(p), blocks = (p->tokens + block - 1) / block;
    while (first < end) {
        const size_t from = first / (p->panel * blocks) * p->panel, rest = first - from * blocks;
        const size_t panel = p->groups - from < p->panel ? p->groups - from : p->panel;
        const size_t t = rest / panel * block, group = rest % panel;
        const size_t left = panel - group, n = end - first < left ? end - first : left;
        (p->then ? do_groups_then : do_groups)(p, from + group, from + group + n, t,
                                               p->tokens - t < block ? p->tokens - t : block, thread);
        first += n;
    }
}

enum { PANEL_BYTES = 256 << 10 }; /* half of the smallest L2 of a CPU with AVX2 that serves a model */

static void run_product(struct product *p, enum model_part job)
{
    const size_t block = block_of(p), at_once = p->then ? p->count : 1;
    p->rows = I2S16_ROWS;
    if (p->s->kernels.path == MODEL_PATH_QK256)
        p->rows = QK256_ROWS;
    else if (p->tokens > 1 && model_kernels_int8(&p->s->kernels))
        p->rows = 2 * I2S16_ROWS; /* which the widest kernel takes together: none is left over */
    for (size_t i = 0; i < (p->then ? 1 : p->count); i++)
        p->groups += groups_of(p, i);
    const size_t bytes = at_once * p->rows * (p->m[0]->columns / 4);
    p->panel = p->tokens <= block ? p->groups : bytes < PANEL_BYTES ? PANEL_BYTES / bytes : 1;
    model_run(p->s, job, p->tokens, p->groups * ((p->tokens + block - 1) / block), 1, product_part, p);
}

void model_multiply_qkv(struct model_state *s, const struct model_layer *l, size_t tokens)
{
    const struct model_matrix *m = l->matrix;
    float *k = s->qkv + tokens * m[MODEL_Q].rows;
    struct product p = {.s = s,
                        .m = {&m[MODEL_Q], &m[MODEL_K], &m[MODEL_V]},
                        .y = {s->qkv, k, k + tokens * m[MODEL_K].rows},
                        .count = 3,
                        .tokens = tokens};
    run_product(&p, MODEL_PART_QKV);
}

MODEL_ACTIVATE(relu2_mul)
{
    MODEL_CALL(s, relu2_mul, out, gate, up, n);
}

MODEL_ACTIVATE(silu_mul)
{
    MODEL_CALL(s, silu_mul, out, gate, up, n);
}

static void activate(struct model_state *s, size_t token, size_t row, size_t rows, const float *gate,
                     const float *up)
{
    const struct model_config *c = &s->w->config;
    c->graph->activate(s, s->hidden + token * c->feed_forward + row, gate, up, rows);
}

void model_multiply_gate_up(struct model_state *s, const struct model_layer *l, size_t tokens)
{
    struct product p = {.s = s,
                        .m = {&l->matrix[MODEL_GATE], &l->matrix[MODEL_UP]},
                        .count = 2,
                        .tokens = tokens,
                        .then = activate,
                        .to = s->hidden};
    run_product(&p, MODEL_PART_GATE_UP);
}

static void add_to_stream(struct model_state *s, size_t token, size_t row, size_t rows, const float *more,
                          const float *none)
{
    float *x = s->x + token * s->w->config.embedding + row;
    (void)none;
    for (size_t i = 0; i < rows; i++)
        x[i] += more[i];
}

void model_multiply_add(struct model_state *s, enum model_part job, const struct model_matrix *m,
                        size_t tokens)
{
    struct product p = {.s = s, .m = {m}, .count = 1, .tokens = tokens, .then = add_to_stream, .to = s->x};
    run_product(&p, job);
}

/* Blocks as in Q8_0: the scale of a block is an f16. */
static void quantise_blocks(struct model_state *s, const float *x, size_t columns, size_t token)
{
    const size_t blocks = columns / MODEL_BLOCK;
    float *scale = s->x_scale[0] + token * blocks;
    MODEL_CALL(s, act_quant, s->q + token * columns, scale, s->block_sum[0] + token * blocks, x, blocks,
               MODEL_BLOCK);
    for (size_t b = 0; b < blocks; b++)
        scale[b] = qk_f16_to_f32(qk_f32_to_f16(1 / scale[b]));
}

/* Sums of q over blocks of 64, 128 and 256, all of which the token's scale belongs to. */
static void sum_blocks(const struct model_state *s, const int8_t *q, size_t columns, size_t token)
{
    for (int level = 1; level < MODEL_LEVELS; level++) {
        const size_t block = (size_t)MODEL_BLOCK << level, blocks = columns / block;
        for (size_t b = 0; b < blocks; b++) {
            int32_t sum = 0;
            for (size_t i = 0; i < block; i++)
                sum += q[b * block + i];
            s->block_sum[level][token * blocks + b] = sum;
            s->x_scale[level][token * blocks + b] = 1 / s->q_scale[token];
        }
    }
}

void model_quantise(struct model_state *s, const float *x, size_t columns, size_t token)
{
    if (s->w->config.graph->rule == MODEL_RULE_Q8_0) {
        quantise_blocks(s, x, columns, token);
        return;
    }
    MODEL_CALL(s, act_quant, s->q + token * columns, s->q_scale + token, s->q_sum + token, x, 1, columns);
    if (s->w->scale_bytes)
        sum_blocks(s, s->q + token * columns, columns, token);
}
