/* SPDX-License-Identifier: MIT */
/*
 * Dot products of f32 with f32, f16 or BF16, in the order of sums.h, one function per element type. Zeros
 * pad the last, incomplete 64 terms. Their products are +0 and change no partial sum, because no partial
 * sum is ever -0.
 */
#pragma once

#include "kernels/f16.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/tails.h"
#include "kernels/rows/widen.h"

static inline float qk_dot_f32(const float *a, const float *x, size_t n)
{
    float partial[QK_SUMS];
    QK_CLEAR(partial, QK_SUMS);
    for (size_t i = 0; i < n; i++)
        partial[i % QK_SUMS] += a[i] * x[i];
    return qk_fold(partial);
}

static inline float qk_dot_f16(const uint16_t *a, const float *x, size_t n)
{
    float partial[QK_SUMS];
    QK_CLEAR(partial, QK_SUMS);
    for (size_t i = 0; i < n; i++)
        partial[i % QK_SUMS] += qk_f16_to_f32(a[i]) * x[i];
    return qk_fold(partial);
}

static inline float qk_dot_bf16(const uint16_t *a, const float *x, size_t n)
{
    float partial[QK_SUMS];
    QK_CLEAR(partial, QK_SUMS);
    for (size_t i = 0; i < n; i++)
        partial[i % QK_SUMS] += qk_bf16_to_f32(a[i]) * x[i];
    return qk_fold(partial);
}

/*
 * The copies must be registers, not an array in memory. gcc counts a loop of intrinsics as too large to
 * unroll by itself.
 */
#if defined __clang__
#define QK_UNROLL(n) _Pragma("clang loop unroll(full)")
#else
#define QK_UNROLL(n)     QK_UNROLL_(GCC unroll n)
#define QK_UNROLL_(text) _Pragma(#text)
#endif

#if defined __AVX2__
#include "kernels/rows/hints.h"

static inline __m256 qk_eight_f32(const float *a)
{
    return _mm256_loadu_ps(a);
}

static inline __m256 qk_eight_f16(const uint16_t *a)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)a));
}

static inline __m256 qk_eight_bf16(const uint16_t *a)
{
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)a));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

#define QK_DOT_AVX2(type, element)                                                                           \
    static inline void qk_dot64_##type##_avx2(__m256 *sum, const element *a, const float *x)                 \
    {                                                                                                        \
        QK_UNROLL(8)                                                                                         \
        for (int j = 0; j < 8; j++)                                                                          \
            sum[j] = _mm256_add_ps(sum[j],                                                                   \
                                   _mm256_mul_ps(qk_eight_##type(a + 8 * j), _mm256_loadu_ps(x + 8 * j)));   \
    }                                                                                                        \
    static inline __attribute__((always_inline)) float qk_dot_##type##_avx2_hinted(                          \
        const element *a, const float *x, size_t n, const int hint)                                          \
    {                                                                                                        \
        __m256 sum[8] = {                                                                                    \
            _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),              \
            _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};             \
        qk_walk(hint, a, n * sizeof *a);                                                                     \
        size_t i = 0;                                                                                        \
        for (; i + QK_SUMS <= n; i += QK_SUMS) {                                                             \
            qk_hint(hint, a + i, QK_SUMS * sizeof *a);                                                       \
            qk_dot64_##type##_avx2(sum, a + i, x + i);                                                       \
        }                                                                                                    \
        if (i < n) {                                                                                         \
            element a_rest[QK_SUMS];                                                                         \
            float x_rest[QK_SUMS];                                                                           \
            QK_CLEAR(a_rest, QK_SUMS);                                                                       \
            QK_CLEAR(x_rest, QK_SUMS);                                                                       \
            QK_COPY(a_rest, a + i, n - i);                                                                   \
            QK_COPY(x_rest, x + i, n - i);                                                                   \
            qk_dot64_##type##_avx2(sum, a_rest, x_rest);                                                     \
        }                                                                                                    \
        return qk_fold_avx2(sum);                                                                            \
    }                                                                                                        \
    static inline float qk_dot_##type##_avx2(const element *a, const float *x, size_t n)                     \
    {                                                                                                        \
        return qk_dot_##type##_avx2_hinted(a, x, n, QK_HINT_NONE);                                           \
    }
QK_DOT_AVX2(f32, float)
QK_DOT_AVX2(f16, uint16_t)
QK_DOT_AVX2(bf16, uint16_t)
#endif

#if defined __AVX512F__
static inline __m512 qk_sixteen_f32(const float *a, __mmask16 some)
{
    return _mm512_maskz_loadu_ps(some, a);
}

static inline __m512 qk_sixteen_f16(const uint16_t *a, __mmask16 some)
{
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(some, a));
}

static inline __m512 qk_sixteen_bf16(const uint16_t *a, __mmask16 some)
{
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, a));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

static inline __mmask16 qk_first16(size_t n)
{
    return n < 16 ? (__mmask16)((1u << n) - 1) : (__mmask16)0xffff;
}

/* Which of the sixteen places from `at` on lie below n. None when `at` is n or more. */
static inline __mmask16 qk_some16(size_t at, size_t n)
{
    return at < n ? qk_first16(n - at) : 0;
}

#define QK_DOT_AVX512(type, element)                                                                         \
    static inline __attribute__((always_inline)) float qk_dot_##type##_avx512_hinted(                        \
        const element *a, const float *x, size_t n, const int hint)                                          \
    {                                                                                                        \
        __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),                      \
                         _mm512_setzero_ps()};                                                               \
        qk_walk(hint, a, n * sizeof *a);                                                                     \
        size_t i = 0;                                                                                        \
        for (; i + QK_SUMS <= n; i += QK_SUMS) {                                                             \
            qk_hint(hint, a + i, QK_SUMS * sizeof *a);                                                       \
            QK_UNROLL(4)                                                                                     \
            for (int j = 0; j < 4; j++)                                                                      \
                sum[j] = _mm512_add_ps(sum[j], _mm512_mul_ps(qk_sixteen_##type(a + i + 16 * j, 0xffff),      \
                                                             _mm512_loadu_ps(x + i + 16 * j)));              \
        }                                                                                                    \
        if (i < n) {                                                                                         \
            QK_UNROLL(4)                                                                                     \
            for (int j = 0; j < 4; j++) {                                                                    \
                const size_t at = i + 16 * (size_t)j;                                                        \
                const __mmask16 some = qk_some16(at, n);                                                     \
                sum[j] = _mm512_add_ps(sum[j], _mm512_mul_ps(qk_sixteen_##type(a + at, some),                \
                                                             _mm512_maskz_loadu_ps(some, x + at)));          \
            }                                                                                                \
        }                                                                                                    \
        return qk_fold_avx512(sum);                                                                          \
    }                                                                                                        \
    static inline float qk_dot_##type##_avx512(const element *a, const float *x, size_t n)                   \
    {                                                                                                        \
        return qk_dot_##type##_avx512_hinted(a, x, n, QK_HINT_NONE);                                         \
    }
QK_DOT_AVX512(f32, float)
QK_DOT_AVX512(f16, uint16_t)
QK_DOT_AVX512(bf16, uint16_t)
#endif
