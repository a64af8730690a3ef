/* SPDX-License-Identifier: MIT */
/*
 * Attention of one token over a cache of f32 or f16, written once for both. The keys of a kv head are read
 * once, position by position, for all query heads that share it. The values are read anew for each query
 * head. The vector variants take some output columns at a time, whose sums stay in registers over all
 * positions.
 */
#pragma once

#include "kernels/softmax/row.h"

#define QK_ATTENTION_ARGS(element)                                                                           \
    float *restrict out, float *restrict weight, const float *restrict q, const element *restrict k,         \
        const element *restrict v, size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale

/*
 * Defines the kernel `name` over a cache of `element`:
 *
 *     dot      the dot product of a cache row with a query
 *     softmax  of a row, in place
 *     mix      (out, weight, v, positions, stride, dim): out[d] = sum over p of weight[p] * v[p * stride + d]
 */
#define QK_ATTENTION(name, element, dot, softmax, mix)                                                       \
    void name(QK_ATTENTION_ARGS(element))                                                                    \
    {                                                                                                        \
        const size_t group = heads / kv_heads, stride = kv_heads * dim;                                      \
        for (size_t g = 0; g < kv_heads; g++)                                                                \
            for (size_t p = 0; p < positions; p++)                                                           \
                for (size_t h = g * group; h < (g + 1) * group; h++)                                         \
                    weight[h * positions + p] = dot(k + p * stride + g * dim, q + h * dim, dim) * scale;     \
        for (size_t h = 0; h < heads; h++) {                                                                 \
            float *w = weight + h * positions;                                                               \
            softmax(w, w, positions);                                                                        \
            mix(out + h * dim, w, v + h / group * dim, positions, stride, dim);                              \
        }                                                                                                    \
    }

#define QK_MIX_SCALAR(name, element, widen)                                                                  \
    static inline void name(float *out, const float *w, const element *v, size_t positions, size_t stride,   \
                            size_t dim)                                                                      \
    {                                                                                                        \
        QK_CLEAR(out, dim);                                                                                  \
        for (size_t p = 0; p < positions; p++)                                                               \
            for (size_t d = 0; d < dim; d++)                                                                 \
                out[d] += w[p] * widen(v[p * stride + d]);                                                   \
    }

/* 64 columns at a time in eight vectors, then eight in one, then single columns. */
#define QK_MIX_AVX2(name, element, eight, widen)                                                             \
    static inline void name(float *out, const float *w, const element *v, size_t positions, size_t stride,   \
                            size_t dim)                                                                      \
    {                                                                                                        \
        size_t d = 0;                                                                                        \
        for (; d + 64 <= dim; d += 64) {                                                                     \
            __m256 sum[8] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),                  \
                             _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),                  \
                             _mm256_setzero_ps(), _mm256_setzero_ps()};                                      \
            for (size_t p = 0; p < positions; p++) {                                                         \
                QK_UNROLL(8)                                                                                 \
                for (int j = 0; j < 8; j++)                                                                  \
                    sum[j] = _mm256_add_ps(                                                                  \
                        sum[j], _mm256_mul_ps(_mm256_set1_ps(w[p]), eight(v + p * stride + d + 8 * j)));     \
            }                                                                                                \
            QK_UNROLL(8)                                                                                     \
            for (int j = 0; j < 8; j++)                                                                      \
                _mm256_storeu_ps(out + d + 8 * j, sum[j]);                                                   \
        }                                                                                                    \
        for (; d + 8 <= dim; d += 8) {                                                                       \
            __m256 sum = _mm256_setzero_ps();                                                                \
            for (size_t p = 0; p < positions; p++)                                                           \
                sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_set1_ps(w[p]), eight(v + p * stride + d)));    \
            _mm256_storeu_ps(out + d, sum);                                                                  \
        }                                                                                                    \
        for (; d < dim; d++) {                                                                               \
            float sum = 0.0f;                                                                                \
            for (size_t p = 0; p < positions; p++)                                                           \
                sum += w[p] * widen(v[p * stride + d]);                                                      \
            out[d] = sum;                                                                                    \
        }                                                                                                    \
    }

/* 128 columns at a time in eight vectors, then sixteen in one. Masks do the last ones. */
#define QK_MIX_AVX512(name, element, sixteen)                                                                \
    static inline void name(float *out, const float *w, const element *v, size_t positions, size_t stride,   \
                            size_t dim)                                                                      \
    {                                                                                                        \
        size_t d = 0;                                                                                        \
        for (; d + 128 <= dim; d += 128) {                                                                   \
            __m512 sum[8] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),                  \
                             _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),                  \
                             _mm512_setzero_ps(), _mm512_setzero_ps()};                                      \
            for (size_t p = 0; p < positions; p++) {                                                         \
                QK_UNROLL(8)                                                                                 \
                for (int j = 0; j < 8; j++)                                                                  \
                    sum[j] =                                                                                 \
                        _mm512_add_ps(sum[j], _mm512_mul_ps(_mm512_set1_ps(w[p]),                            \
                                                            sixteen(v + p * stride + d + 16 * j, 0xffff)));  \
            }                                                                                                \
            QK_UNROLL(8)                                                                                     \
            for (int j = 0; j < 8; j++)                                                                      \
                _mm512_storeu_ps(out + d + 16 * j, sum[j]);                                                  \
        }                                                                                                    \
        for (; d < dim; d += 16) {                                                                           \
            const __mmask16 some = qk_first16(dim - d);                                                      \
            __m512 sum = _mm512_setzero_ps();                                                                \
            for (size_t p = 0; p < positions; p++)                                                           \
                sum = _mm512_add_ps(sum,                                                                     \
                                    _mm512_mul_ps(_mm512_set1_ps(w[p]), sixteen(v + p * stride + d, some))); \
            _mm512_mask_storeu_ps(out + d, some, sum);                                                       \
        }                                                                                                    \
    }
