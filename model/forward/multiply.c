/* SPDX-License-Identifier: MIT */
/* Products of matrices and rows of activations, each thread its rows of the matrix. */
#include "model/forward/private.h"

#include "kernels/act_quant/op.h"
#include "kernels/f32_dot/op.h"
#include "kernels/i2s16_gemm/op.h"
#include "kernels/i2s16_gemv/op.h"
#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/qk256_dequant/op.h"
#include "kernels/qk256_gemv/op.h"

#include <string.h>

struct product {
    struct model_state *s;
    const struct model_matrix *m;
    float *y;
    size_t tokens;
};

/* Integers are exact, so how rows are dealt out to threads and calls decides nothing. */
static void scale_sums(const struct product *p, const int32_t *sums, size_t first, size_t end)
{
    for (size_t t = 0; t < p->tokens; t++) {
        const float factor = p->m->scale / p->s->q_scale[t];
        float *y = p->y + t * p->m->rows;
        for (size_t r = first; r < end; r++)
            y[r] = (float)sums[t * (end - first) + (r - first)] * factor;
    }
}

static void i2s16_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct product *p = ctx;
    const struct model_state *s = p->s;
    const size_t columns = p->m->columns;
    const uint8_t *codes = p->m->i2s16 + first * columns / 4;
    int32_t *sums = s->sums + first * p->tokens;
    (void)thread;
    if (p->tokens == 1)
        MODEL_CALL(s, i2s16_gemv, sums, codes, s->q, s->q_sum[0], end - first, columns);
    else
        MODEL_CALL(s, i2s16_gemm, sums, codes, s->q, s->q_sum, end - first, columns, p->tokens);
    scale_sums(p, sums, first, end);
}

static void i2s_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct product *p = ctx;
    const struct model_state *s = p->s;
    const size_t columns = p->m->columns, rows = end - first;
    int32_t *sums = s->sums + first * p->tokens;
    (void)thread;
    for (size_t t = 0; t < p->tokens; t++)
        MODEL_CALL(s, i2s_gemv, sums + t * rows, p->m->i2s + first * columns / 4, s->q + t * columns,
                   s->q_sum[t], rows, columns);
    scale_sums(p, sums, first, end);
}

/*
 * The sum of floats of a row may depend on how many rows a call has (a variant may take some together and
 * others not), so calls have the same rows whatever the number of threads is.
 */
enum { QK256_ROWS = 256 };

static void qk256_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct product *p = ctx;
    const struct model_matrix *m = p->m;
    const struct model_state *s = p->s;
    const size_t stride = (m->columns / QK256_BLOCK + (m->columns % QK256_BLOCK != 0)) * QK256_BLOCK_BYTES;
    const float lut[4] = {-m->scale, 0, m->scale, 2 * m->scale};
    (void)thread;
    for (size_t r = first; r < end; r += QK256_ROWS) {
        const size_t rows = end - r < QK256_ROWS ? end - r : QK256_ROWS;
        for (size_t t = 0; t < p->tokens; t++)
            MODEL_CALL(s, qk256_gemv, p->y + t * m->rows + r, m->qk256 + r * stride, NULL, lut,
                       s->input + t * m->columns, rows, m->columns);
    }
}

/* As the audited runtime does: a row to floats, then a dot product; the row is made once for all tokens. */
static void dequant_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct product *p = ctx;
    const struct model_matrix *m = p->m;
    const struct model_state *s = p->s;
    const size_t blocks = m->columns / QK256_BLOCK + (m->columns % QK256_BLOCK != 0);
    const size_t widest = s->widest / QK256_BLOCK + (s->widest % QK256_BLOCK != 0);
    const float lut[4] = {-m->scale, 0, m->scale, 2 * m->scale};
    float *row = s->row + thread * widest * QK256_BLOCK;
    for (size_t r = first; r < end; r++) {
        MODEL_CALL(s, qk256_dequant, row, m->qk256 + r * blocks * QK256_BLOCK_BYTES, s->ones, lut, blocks);
        for (size_t t = 0; t < p->tokens; t++)
            MODEL_CALL(s, f32_dot, p->y + t * m->rows + r, row, s->input + t * m->columns, m->columns);
    }
}

void model_multiply(struct model_state *s, const struct model_matrix *m, float *y, size_t tokens)
{
    static model_pool_part *const parts[MODEL_PATHS] = {[MODEL_PATH_DEQUANT] = dequant_part,
                                                        [MODEL_PATH_QK256] = qk256_part,
                                                        [MODEL_PATH_I2S] = i2s_part,
                                                        [MODEL_PATH_I2S16] = i2s16_part};
    struct product p = {.s = s, .m = m, .y = y, .tokens = tokens};
    model_pool_run(s->pool, m->rows, s->kernels.path == MODEL_PATH_QK256 ? QK256_ROWS : I2S16_ROWS,
                   parts[s->kernels.path], &p);
}

struct quantising {
    struct model_state *s;
    size_t columns;
};

static void quantise_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct quantising *q = ctx;
    const struct model_state *s = q->s;
    (void)thread;
    MODEL_CALL(s, act_quant, s->q + first * q->columns, s->q_scale + first, s->q_sum + first,
               s->input + first * q->columns, end - first, q->columns);
}

void model_quantise(struct model_state *s, size_t columns, size_t tokens)
{
    struct quantising q = {s, columns};
    if (model_kernels_int8(&s->kernels))
        model_pool_run(s->pool, tokens, 1, quantise_part, &q);
}
