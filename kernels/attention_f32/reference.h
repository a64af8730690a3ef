/* SPDX-License-Identifier: MIT */
/* The reference over a cache of f32 or f16, written once for both: one head of one token at a time. */
#pragma once

#include "kernels/attention_f32/op.h"
#include "kernels/f16.h"
#include "kernels/rows/exp.h"
#include "kernels/rows/fma.h"
#include "kernels/rows/tails.h"

#include <float.h>

/* The upper half to the lower half, until one is left. */
static inline float qk_attention_fold(float *partial, size_t count)
{
    for (size_t half = count / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            partial[j] += partial[j + half];
    return partial[0];
}

/* Defines the kernel `name` over a cache of `element`, which `widen` makes a float. */
#define QK_ATTENTION_REFERENCE(name, element, widen)                                                         \
    static float score_of(const element *k, const float *q, size_t dim, float scale)                         \
    {                                                                                                        \
        float sum = 0.0f, partial[QK_ATTENTION_SUMS];                                                        \
        for (size_t from = 0; from < dim; from += QK_ATTENTION_COLUMNS) {                                    \
            const size_t left = dim - from, end = left < QK_ATTENTION_COLUMNS ? left : QK_ATTENTION_COLUMNS; \
            QK_CLEAR(partial, QK_ATTENTION_SUMS);                                                            \
            for (size_t d = 0; d < end; d++)                                                                 \
                partial[d % QK_ATTENTION_SUMS] =                                                             \
                    qk_fma(q[from + d], widen(k[from + d]), partial[d % QK_ATTENTION_SUMS]);                 \
            sum += qk_attention_fold(partial, QK_ATTENTION_SUMS);                                            \
        }                                                                                                    \
        return sum * scale;                                                                                  \
    }                                                                                                        \
                                                                                                             \
    static void attend(float *out, const float *q, const element *k, const element *v, size_t positions,     \
                       size_t stride, size_t dim, float scale)                                               \
    {                                                                                                        \
        float most = -FLT_MAX, sum = 0.0f;                                                                   \
        QK_CLEAR(out, dim);                                                                                  \
        for (size_t from = 0; from < positions; from += QK_ATTENTION_KEYS) {                                 \
            float e[QK_ATTENTION_KEYS], terms[QK_ATTENTION_KEYS];                                            \
            const size_t left = positions - from, n = left < QK_ATTENTION_KEYS ? left : QK_ATTENTION_KEYS;   \
            const float before = most;                                                                       \
            for (size_t p = 0; p < n; p++) {                                                                 \
                e[p] = score_of(k + (from + p) * stride, q, dim, scale);                                     \
                most = e[p] > most ? e[p] : most; /* passes over NaN, which comes back below */              \
            }                                                                                                \
            const float c = qk_exp(before - most);                                                           \
            QK_CLEAR(terms, QK_ATTENTION_KEYS);                                                              \
            for (size_t p = 0; p < n; p++)                                                                   \
                terms[p] = e[p] = qk_exp(e[p] - most);                                                       \
            sum = sum * c + qk_attention_fold(terms, QK_ATTENTION_KEYS);                                     \
            for (size_t d = 0; d < dim; d++) {                                                               \
                out[d] *= c;                                                                                 \
                for (size_t p = 0; p < n; p++)                                                               \
                    out[d] = qk_fma(e[p], widen(v[(from + p) * stride + d]), out[d]);                        \
            }                                                                                                \
        }                                                                                                    \
        const float factor = 1.0f / sum;                                                                     \
        for (size_t d = 0; d < dim; d++)                                                                     \
            out[d] *= factor;                                                                                \
    }                                                                                                        \
                                                                                                             \
    void name(float *restrict out, const float *restrict q, const element *restrict k,                       \
              const element *restrict v, size_t tokens, size_t stride, size_t positions, size_t heads,       \
              size_t kv_heads, size_t dim, float scale)                                                      \
    {                                                                                                        \
        const size_t group = heads / kv_heads;                                                               \
        for (size_t t = 0; t < tokens; t++)                                                                  \
            for (size_t h = 0; h < heads; h++)                                                               \
                attend(out + t * stride + h * dim, q + t * stride + h * dim, k + h / group * dim,            \
                       v + h / group * dim, positions + t, kv_heads * dim, dim, scale);                      \
    }
