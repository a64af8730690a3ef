/* SPDX-License-Identifier: MIT */
#pragma once

#include "kernels/f16.h"
#include "kernels/form.h"

#include <math.h>
#include <string.h>

/*
 * The plain form. Weights: codes w + 1, four to a byte, low bits first, row by row; then the scales as they
 * are given. Activations: for each token a float `step`, then columns of int8. x is about q * step.
 */
static size_t code_bytes(const struct qk_ternary *t)
{
    return t->rows * t->columns / 4;
}

static size_t scale_bytes(const struct qk_ternary *t)
{
    return t->rows * (t->columns / t->group) * sizeof(uint16_t);
}

static size_t weight_bytes(const struct qk_ternary *t)
{
    return code_bytes(t) + scale_bytes(t);
}

static size_t token_bytes(const struct qk_ternary *t)
{
    return sizeof(float) + t->columns;
}

static size_t activation_bytes(const struct qk_ternary *t)
{
    return t->tokens * token_bytes(t);
}

static void prepare_weights(void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t)
{
    uint8_t *const to = (uint8_t *)weights;
    for (size_t i = 0; i < code_bytes(t); i++, w += 4)
        to[i] = (uint8_t)((w[0] + 1) | (w[1] + 1) << 2 | (w[2] + 1) << 4 | (w[3] + 1) << 6);
    memcpy(to + code_bytes(t), scale, scale_bytes(t));
}

/* The largest magnitude becomes 127. */
static void prepare_token(uint8_t *to, const float *x, size_t columns)
{
    float most = 0;
    for (size_t c = 0; c < columns; c++)
        most = fabsf(x[c]) > most ? fabsf(x[c]) : most;
    const float step = most / 127;
    memcpy(to, &step, sizeof step);
    for (size_t c = 0; c < columns; c++) {
        const float q = step > 0 ? x[c] / step : 0;
        to[sizeof step + c] = (uint8_t)(int8_t)(q < 0 ? q - 0.5f : q + 0.5f);
    }
}

static void prepare_activations(void *activations, const float *x, const struct qk_ternary *t)
{
    for (size_t i = 0; i < t->tokens; i++)
        prepare_token((uint8_t *)activations + i * token_bytes(t), x + i * t->columns, t->columns);
}

static void dequantise_activations(float *x, const void *activations, const struct qk_ternary *t)
{
    const uint8_t *from = (const uint8_t *)activations;
    for (size_t i = 0; i < t->tokens; i++, from += token_bytes(t)) {
        float step;
        memcpy(&step, from, sizeof step);
        for (size_t c = 0; c < t->columns; c++)
            *x++ = (float)(int8_t)from[sizeof step + c] * step;
    }
}

/* One row times one token: an exact sum for each scale. */
static float row_times(const uint8_t *codes, const uint8_t *scales, const uint8_t *token,
                       const struct qk_ternary *t)
{
    float step, sum = 0;
    memcpy(&step, token, sizeof step);
    const int8_t *const q = (const int8_t *)token + sizeof step;
    for (size_t c = 0; c < t->columns; c += t->group, scales += sizeof(uint16_t)) {
        int32_t exact = 0;
        uint16_t scale;
        memcpy(&scale, scales, sizeof scale);
        for (size_t k = c; k < c + t->group; k++)
            exact += ((codes[k / 4] >> 2 * (k % 4) & 3) - 1) * q[k];
        sum += (float)exact * (qk_f16_to_f32(scale) * step);
    }
    return sum;
}

static void multiply(float *y, const uint8_t *weights, const uint8_t *activations, const struct qk_ternary *t)
{
    const size_t codes = t->columns / 4, scales = scale_bytes(t) / t->rows;
    for (size_t i = 0; i < t->tokens; i++, activations += token_bytes(t))
        for (size_t r = 0; r < t->rows; r++)
            *y++ = row_times(weights + r * codes, weights + code_bytes(t) + r * scales, activations, t);
}
