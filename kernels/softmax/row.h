/* SPDX-License-Identifier: MIT */
/*
 * The softmax of one row, for the variants of softmax and of attention. x may be out. There are three passes:
 * the maximum, then the exponentials and their sum, then the scaling. Surplus places of the last step hold
 * -infinity, whose exponential is 0.
 */
#pragma once

#include "kernels/rows/exp.h"
#include "kernels/rows/ordered_dot.h"

#include <math.h>

static inline void qk_softmax_row(float *out, const float *x, size_t n)
{
    float most = -INFINITY, partial[QK_SUMS];
    QK_CLEAR(partial, QK_SUMS);
    for (size_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most; /* passes over NaN, which comes back below */
    for (size_t i = 0; i < n; i++) {
        out[i] = qk_exp(x[i] - most);
        partial[i % QK_SUMS] += out[i];
    }
    const float factor = 1.0f / qk_fold(partial);
    for (size_t i = 0; i < n; i++)
        out[i] *= factor;
}

#if defined __AVX2__
static inline float qk_most_avx2(const float *x, size_t n)
{
    __m256 most = _mm256_set1_ps(-INFINITY);
    float lane[8], all = -INFINITY;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        most = _mm256_max_ps(_mm256_loadu_ps(x + i), most); /* of NaN and `most`: the second operand */
    _mm256_storeu_ps(lane, most);
    for (int j = 0; j < 8; j++)
        all = lane[j] > all ? lane[j] : all;
    for (; i < n; i++)
        all = x[i] > all ? x[i] : all;
    return all;
}

/* 64 exponentials, added to the eight vectors of partial sums. */
static inline void qk_exp64_avx2(float *out, const float *x, __m256 most, __m256 *sum)
{
    QK_UNROLL(8)
    for (int j = 0; j < 8; j++) {
        const __m256 e = qk_exp_avx2(_mm256_sub_ps(_mm256_loadu_ps(x + 8 * j), most));
        _mm256_storeu_ps(out + 8 * j, e);
        sum[j] = _mm256_add_ps(sum[j], e);
    }
}

static inline void qk_softmax_row_avx2(float *out, const float *x, size_t n)
{
    const __m256 most = _mm256_set1_ps(qk_most_avx2(x, n));
    __m256 sum[8] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                     _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + QK_SUMS <= n; i += QK_SUMS)
        qk_exp64_avx2(out + i, x + i, most, sum);
    if (i < n) {
        float rest[QK_SUMS];
        for (int j = 0; j < QK_SUMS; j++)
            rest[j] = -INFINITY;
        QK_COPY(rest, x + i, n - i);
        qk_exp64_avx2(rest, rest, most, sum);
        QK_COPY(out + i, rest, n - i);
    }
    const float factor = 1.0f / qk_fold_avx2(sum);
    for (i = 0; i + 8 <= n; i += 8)
        _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_loadu_ps(out + i), _mm256_set1_ps(factor)));
    for (; i < n; i++)
        out[i] *= factor;
}
#endif

#if defined __AVX512F__
static inline void qk_softmax_row_avx512(float *out, const float *x, size_t n)
{
    __m512 most = _mm512_set1_ps(-INFINITY);
    __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    size_t i = 0;
    for (; i < n; i += 16)
        most = _mm512_mask_max_ps(most, qk_first16(n - i), _mm512_maskz_loadu_ps(qk_first16(n - i), x + i),
                                  most); /* of NaN and `most`: the second operand */
    most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
    for (i = 0; i + QK_SUMS <= n; i += QK_SUMS) {
        QK_UNROLL(4)
        for (int j = 0; j < 4; j++) {
            const __m512 e = qk_exp_avx512(_mm512_sub_ps(_mm512_loadu_ps(x + i + 16 * j), most));
            _mm512_storeu_ps(out + i + 16 * j, e);
            sum[j] = _mm512_add_ps(sum[j], e);
        }
    }
    if (i < n) {
        QK_UNROLL(4)
        for (int j = 0; j < 4; j++) {
            const size_t at = i + 16 * (size_t)j;
            const __mmask16 some = qk_some16(at, n);
            const __m512 e = qk_exp_avx512(_mm512_sub_ps(_mm512_maskz_loadu_ps(some, x + at), most));
            _mm512_mask_storeu_ps(out + at, some, e);
            sum[j] = _mm512_mask_add_ps(sum[j], some, sum[j], e);
        }
    }
    const __m512 factor = _mm512_set1_ps(1.0f / qk_fold_avx512(sum));
    for (i = 0; i < n; i += 16) {
        const __mmask16 some = qk_first16(n - i);
        _mm512_mask_storeu_ps(out + i, some, _mm512_mul_ps(_mm512_maskz_loadu_ps(some, out + i), factor));
    }
}
#endif
