/* SPDX-License-Identifier: MIT */
/*
 * Forms of our own layouts for the rows of the semantic ops (form.h). A row's file includes the kernels
 * that it is made of, so that its object holds all that it runs.
 *
 * Activations are int8 with one scale per token, as act_quant makes them. First comes the `step` of each
 * token, then the sum of its q. From the next cache line on come the q, token by token. Weights are in I2S or
 * I2S16 order (layout.h). From the next cache line on follows one f16 per row, up to a multiple of 16.
 */
#pragma once

#include "kernels/act_quant/op.h"
#include "kernels/f16.h"
#include "kernels/form.h"
#include "kernels/layout.h"

#include <string.h>

enum { QK_LINE = 64 };

static inline size_t qk_lines(size_t bytes)
{
    return (bytes + QK_LINE - 1) / QK_LINE * QK_LINE;
}

/* Prepared activations. */
struct qk_tokens {
    const float *step;  /* [tokens] x = q * step */
    const int32_t *sum; /* [tokens] */
    const int8_t *q;    /* [tokens][columns] */
};

static inline size_t qk_tokens_head(const struct qk_ternary *t)
{
    return qk_lines(t->tokens * (sizeof(float) + sizeof(int32_t)));
}

static inline struct qk_tokens qk_tokens(const void *activations, const struct qk_ternary *t)
{
    const float *const step = activations;
    return (struct qk_tokens){step, (const int32_t *)activations + t->tokens,
                              (const int8_t *)activations + qk_tokens_head(t)};
}

static inline size_t qk_tokens_bytes(const struct qk_ternary *t)
{
    return qk_tokens_head(t) + t->tokens * t->columns;
}

static inline void qk_tokens_prepare(void *activations, const float *x, const struct qk_ternary *t,
                                     qk_act_quant_fn *quantise)
{
    float *const step = activations;
    int32_t *const sum = (int32_t *)activations + t->tokens;
    quantise((int8_t *)activations + qk_tokens_head(t), step, sum, x, t->tokens, t->columns);
    for (size_t i = 0; i < t->tokens; i++)
        step[i] = 1 / step[i];
}

static inline void qk_tokens_dequantise(float *x, const void *activations, const struct qk_ternary *t)
{
    const struct qk_tokens from = qk_tokens(activations, t);
    for (size_t i = 0; i < t->tokens; i++)
        for (size_t c = 0; c < t->columns; c++)
            x[i * t->columns + c] = (float)from.q[i * t->columns + c] * from.step[i];
}

static inline size_t qk_sixteens(size_t rows)
{
    return (rows + I2S16_ROWS - 1) / I2S16_ROWS * I2S16_ROWS;
}

static inline size_t qk_i2s16_scales(const struct qk_ternary *t)
{
    return qk_lines(qk_sixteens(t->rows) * (t->columns / 4));
}

static inline size_t qk_i2s16_bytes_of(const struct qk_ternary *t)
{
    return qk_i2s16_scales(t) + qk_sixteens(t->rows) * sizeof(uint16_t);
}

static inline void qk_scales_put(uint8_t *to, const uint16_t *scale, size_t rows)
{
    memset(to, 0, qk_sixteens(rows) * sizeof *scale);
    memcpy(to, scale, rows * sizeof *scale);
}

static inline void qk_i2s16_put(void *weights, const int8_t *w, const uint16_t *scale,
                                const struct qk_ternary *t)
{
    uint8_t *const to = weights;
    const size_t group = I2S16_ROWS * (t->columns / 4);
    memset(to, 0x55, qk_i2s16_scales(t));
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            const size_t within = c % I2S16_COLUMNS, shift = 2 * (within / 4);
            uint8_t *const at = to + r / I2S16_ROWS * group + c / I2S16_COLUMNS * I2S16_UNIT_BYTES +
                                4 * (r % I2S16_ROWS) + within % 4;
            *at = (uint8_t)((*at & ~(3 << shift)) | (w[r * t->columns + c] + 1) << shift);
        }
    qk_scales_put(to + qk_i2s16_scales(t), scale, t->rows);
}

static inline size_t qk_i2s_scales(const struct qk_ternary *t)
{
    return qk_lines(t->rows * (t->columns / 4));
}

static inline size_t qk_i2s_bytes_of(const struct qk_ternary *t)
{
    return qk_i2s_scales(t) + qk_sixteens(t->rows) * sizeof(uint16_t);
}

static inline void qk_i2s_put(void *weights, const int8_t *w, const uint16_t *scale,
                              const struct qk_ternary *t)
{
    uint8_t *const to = weights;
    memset(to, 0, qk_i2s_scales(t));
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        const size_t within = i % I2S_BLOCK;
        to[i / I2S_BLOCK * I2S_BLOCK_BYTES + within % I2S_GROUP] |=
            (uint8_t)((w[i] + 1) << (6 - 2 * (within / I2S_GROUP)));
    }
    qk_scales_put(to + qk_i2s_scales(t), scale, t->rows);
}

/* y[r] = the i32 that lies there * scale[r] * step, each rounded. */
static inline void qk_scale_rows(float *y, const void *scales, float step, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        int32_t sum;
        uint16_t scale;
        memcpy(&sum, y + r, sizeof sum);
        memcpy(&scale, (const uint8_t *)scales + r * sizeof scale, sizeof scale);
        y[r] = (float)sum * (qk_f16_to_f32(scale) * step);
    }
}

#ifdef __F16C__
#include <immintrin.h>

/* The same, eight rows a step. */
static inline void qk_scale_eights(float *y, const void *scales, float step, size_t rows)
{
    const uint8_t *const from = scales;
    const __m256 all = _mm256_set1_ps(step);
    size_t r = 0;
    for (; r + 8 <= rows; r += 8) {
        const __m256 sum = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(const void *)(y + r)));
        const __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)(from + 2 * r));
        _mm256_storeu_ps(y + r, _mm256_mul_ps(sum, _mm256_mul_ps(_mm256_cvtph_ps(halves), all)));
    }
    qk_scale_rows(y + r, from + 2 * r, step, rows - r);
}
#endif

/*
 * The form of a row whose activations are as above. `quantise` is an act_quant row of the file. layout: i2s
 * or i2s16. What is not exact are two products and the conversion of a sum: less than 4 * 2^-24 of B.
 */
#define QK_I2S_FORM(op, name, layout, quantise)                                                              \
    static void prepare_activations(void *activations, const float *x, const struct qk_ternary *t)           \
    {                                                                                                        \
        qk_tokens_prepare(activations, x, t, quantise);                                                      \
    }                                                                                                        \
    const struct qk_form qk_##op##_##name##_form = {.bytes = sizeof(struct qk_form),                         \
                                                    .align = QK_LINE,                                        \
                                                    .bound = QK_BOUND_PRODUCTS,                              \
                                                    .tolerance = 4,                                          \
                                                    .scales = QK_SCALE_PER_ROW,                              \
                                                    .rows_of = 1,                                            \
                                                    .columns_of = I2S_BLOCK,                                 \
                                                    .weight_bytes = qk_##layout##_bytes_of,                  \
                                                    .activation_bytes = qk_tokens_bytes,                     \
                                                    .prepare_weights = qk_##layout##_put,                    \
                                                    .prepare_activations = prepare_activations,              \
                                                    .dequantise_activations = qk_tokens_dequantise};
