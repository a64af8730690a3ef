/* SPDX-License-Identifier: MIT */
/*
 * The form of the QK256 rows of ternary_gemv: codes w + 1 in QK256 order (layout.h), then a scale in f32
 * for each block. A group of columns is a block, or the whole row. Activations are copied.
 */
#pragma once

#include "kernels/f16.h"
#include "kernels/form.h"
#include "kernels/layout.h"

#include <string.h>

static const float qk_ternary_table[] = {-1, 0, 1, 0};

static inline size_t qk_qk256_blocks(const struct qk_ternary *t)
{
    return (t->columns + QK256_BLOCK - 1) / QK256_BLOCK;
}

static inline size_t qk_qk256_scales(const struct qk_ternary *t)
{
    return t->rows * qk_qk256_blocks(t) * QK256_BLOCK_BYTES;
}

static inline size_t qk_qk256_bytes_of(const struct qk_ternary *t)
{
    return t->rows * qk_qk256_blocks(t) * (QK256_BLOCK_BYTES + sizeof(float));
}

static inline void qk_qk256_put(void *weights, const int8_t *w, const uint16_t *scale,
                                const struct qk_ternary *t)
{
    const size_t blocks = qk_qk256_blocks(t);
    uint8_t *const to = weights;
    float *const d = (float *)(void *)(to + qk_qk256_scales(t));
    memset(to, 0, qk_qk256_scales(t));
    for (size_t r = 0; r < t->rows; r++) {
        uint8_t *const row = to + r * blocks * QK256_BLOCK_BYTES;
        for (size_t c = 0; c < t->columns; c++)
            row[c / 4] |= (uint8_t)((w[r * t->columns + c] + 1) << 2 * (c % 4));
        for (size_t b = 0; b < blocks; b++)
            d[r * blocks + b] =
                qk_f16_to_f32(scale[r * (t->columns / t->group) + b * QK256_BLOCK / t->group]);
    }
}

static inline size_t qk_copy_bytes(const struct qk_ternary *t)
{
    return t->tokens * t->columns * sizeof(float);
}

static inline void qk_copy_put(void *activations, const float *x, const struct qk_ternary *t)
{
    memcpy(activations, x, qk_copy_bytes(t));
}

static inline void qk_copy_get(float *x, const void *activations, const struct qk_ternary *t)
{
    memcpy(x, activations, qk_copy_bytes(t));
}

/* The bound is that of cases/dot.h. */
#define QK_QK256_FORM(op, name)                                                                              \
    const struct qk_form qk_##op##_##name##_form = {.bytes = sizeof(struct qk_form),                         \
                                                    .align = QK256_BLOCK_BYTES,                              \
                                                    .bound = QK_BOUND_PRODUCTS,                              \
                                                    .tolerance = 16,                                         \
                                                    .block = 8,                                              \
                                                    .scales = QK_SCALE_PER_ROW | QK256_BLOCK,                \
                                                    .rows_of = 1,                                            \
                                                    .columns_of = 32,                                        \
                                                    .weight_bytes = qk_qk256_bytes_of,                       \
                                                    .activation_bytes = qk_copy_bytes,                       \
                                                    .prepare_weights = qk_qk256_put,                         \
                                                    .prepare_activations = qk_copy_put,                      \
                                                    .dequantise_activations = qk_copy_get};
