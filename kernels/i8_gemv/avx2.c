/* SPDX-License-Identifier: MIT */
/*
 * Bytes are widened to 16 bits, then multiplied and added in pairs. The sum of two products always fits 32
 * bits; the instruction that takes bytes saturates its pairs at 16. There are four accumulators, each fed 16
 * weights at a time. For: any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i8_gemv/op.h"
#include "kernels/rows/tails.h"

#include <immintrin.h>

enum { STEP = 64 };

/* Eight partial sums of sixteen products, added to `sum`. */
static inline __m256i add16(__m256i sum, const int8_t *w, const int8_t *q)
{
    const __m256i a = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w));
    const __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)q));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

static inline int32_t dot(const int8_t *w, const int8_t *q, size_t n)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        s0 = add16(s0, w + i, q + i);
        s1 = add16(s1, w + i + 16, q + i + 16);
        s2 = add16(s2, w + i + 32, q + i + 32);
        s3 = add16(s3, w + i + 48, q + i + 48);
    }
    for (; i + 16 <= n; i += 16)
        s0 = add16(s0, w + i, q + i);
    if (i < n) {
        int8_t w_rest[16], q_rest[16];
        QK_CLEAR(w_rest, 16);
        QK_CLEAR(q_rest, 16);
        QK_COPY(w_rest, w + i, n - i);
        QK_COPY(q_rest, q + i, n - i);
        s1 = add16(s1, w_rest, q_rest);
    }
    s0 = _mm256_add_epi32(_mm256_add_epi32(s0, s1), _mm256_add_epi32(s2, s3));
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(s0), _mm256_extracti128_si256(s0, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
    return _mm_cvtsi128_si32(four);
}

void qk_i8_gemv_avx2(float *restrict y, const int8_t *restrict w, const int8_t *restrict q,
                     const float *restrict scale, const float *restrict x_scale, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = (float)dot(w + r * columns, q, columns) * (scale[r] * x_scale[0]);
}
