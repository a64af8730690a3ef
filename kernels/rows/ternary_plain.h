/* SPDX-License-Identifier: MIT */
/*
 * The plain form: what others are faster than. Codes w + 1 lie four to a byte, low bits first, row by row. Then
 * come the scales as they are given. Activations are int8 with one scale per token.
 */
#pragma once

#include "kernels/rows/ternary_forms.h"

static qk_act_quant_fn quantise;
#define qk_act_quant_scalar quantise
#include "kernels/act_quant/scalar.c"

static size_t scales_at(const struct qk_ternary *t)
{
    return t->rows * (t->columns / 4);
}

static size_t weight_bytes(const struct qk_ternary *t)
{
    return scales_at(t) + t->rows * (t->columns / t->group) * sizeof(uint16_t);
}

static void prepare_weights(void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t)
{
    uint8_t *const to = weights;
    for (size_t i = 0; i < scales_at(t); i++, w += 4)
        to[i] = (uint8_t)((w[0] + 1) | (w[1] + 1) << 2 | (w[2] + 1) << 4 | (w[3] + 1) << 6);
    memcpy(to + scales_at(t), scale, t->rows * (t->columns / t->group) * sizeof *scale);
}

static void prepare_activations(void *activations, const float *x, const struct qk_ternary *t)
{
    qk_tokens_prepare(activations, x, t, quantise);
}

/* One row of y times one token. */
static float plain_row(const uint8_t *codes, const uint16_t *scale, const int8_t *q, float step,
                       const struct qk_ternary *t)
{
    float sum = 0;
    for (size_t c = 0; c < t->columns; c += t->group, scale++) {
        int32_t exact = 0;
        for (size_t k = c; k < c + t->group; k++)
            exact += ((codes[k / 4] >> 2 * (k % 4) & 3) - 1) * q[k];
        sum += (float)exact * (qk_f16_to_f32(*scale) * step);
    }
    return sum;
}

static void plain_product(float *y, const void *weights, const void *activations, const struct qk_ternary *t)
{
    const struct qk_tokens a = qk_tokens(activations, t);
    const uint8_t *const codes = weights;
    const uint16_t *const scale = (const uint16_t *)(const void *)(codes + scales_at(t));
    for (size_t i = 0; i < t->tokens; i++)
        for (size_t r = 0; r < t->rows; r++)
            y[i * t->rows + r] = plain_row(codes + r * (t->columns / 4), scale + r * (t->columns / t->group),
                                           a.q + i * t->columns, a.step[i], t);
}

/* Each group adds a product, rounded, to a sum, rounded. */
#define QK_PLAIN_FORM(op, name)                                                                              \
    const struct qk_form qk_##op##_##name##_form = {.bytes = sizeof(struct qk_form),                         \
                                                    .align = sizeof(uint32_t),                               \
                                                    .bound = QK_BOUND_PRODUCTS,                              \
                                                    .tolerance = 4,                                          \
                                                    .block = 32,                                             \
                                                    .weight_bytes = weight_bytes,                            \
                                                    .activation_bytes = qk_tokens_bytes,                     \
                                                    .prepare_weights = prepare_weights,                      \
                                                    .prepare_activations = prepare_activations,              \
                                                    .dequantise_activations = qk_tokens_dequantise};
