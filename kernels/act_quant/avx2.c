/* SPDX-License-Identifier: MIT */
/*
 * 32 floats a step. The maximum is taken of unsigned integers without their sign. The conversion uses the
 * processor's own rounding (to nearest, ties to even). Packing saturates, but its saturation never acts. A
 * multiply-add with ones sums the bytes. For: any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/act_quant/op.h"
#include "kernels/act_quant/scale.h"
#include "kernels/rows/tails.h"

#include <immintrin.h>
#include <string.h>

enum { STEP = 32 };

static __m256i larger(__m256i most, const float *x)
{
    const __m256i bits = _mm256_castps_si256(_mm256_loadu_ps(x));
    return _mm256_max_epu32(most, _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff)));
}

static uint32_t largest(const float *x, size_t n)
{
    __m256i most[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                       _mm256_setzero_si256()};
    size_t i = 0;
    for (; i + STEP <= n; i += STEP)
        for (int j = 0; j < 4; j++)
            most[j] = larger(most[j], x + i + 8 * j);
    if (i < n) {
        float rest[STEP];
        QK_CLEAR(rest, STEP);
        QK_COPY(rest, x + i, n - i);
        for (int j = 0; j < 4; j++)
            most[j] = larger(most[j], rest + 8 * j);
    }
    most[0] = _mm256_max_epu32(_mm256_max_epu32(most[0], most[1]), _mm256_max_epu32(most[2], most[3]));
    __m128i four = _mm_max_epu32(_mm256_castsi256_si128(most[0]), _mm256_extracti128_si256(most[0], 1));
    four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(four);
}

/* 32 quantised values, in order. */
static __m256i quantised(const float *x, __m256 s)
{
    __m256i c[4];
    for (int j = 0; j < 4; j++)
        c[j] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * j), s));
    const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(c[0], c[1]), _mm256_packs_epi32(c[2], c[3]));
    /* Packing works within each half: put the groups of four back in order. */
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* Eight sums of four bytes each, added to `sum`. */
static __m256i add_bytes(__m256i sum, __m256i bytes)
{
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static int32_t quantise(int8_t *q, const float *x, float scale, size_t n)
{
    const __m256 s = _mm256_set1_ps(scale);
    __m256i sum = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        const __m256i bytes = quantised(x + i, s);
        _mm256_storeu_si256((__m256i *)(q + i), bytes);
        sum = add_bytes(sum, bytes);
    }
    if (i < n) {
        float rest[STEP];
        int8_t to[STEP];
        QK_CLEAR(rest, STEP);
        QK_COPY(rest, x + i, n - i);
        const __m256i bytes = quantised(rest, s); /* of the surplus zeros: 0 */
        _mm256_storeu_si256((__m256i *)to, bytes);
        QK_COPY(q + i, to, n - i);
        sum = add_bytes(sum, bytes);
    }
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
    return _mm_cvtsi128_si32(four);
}

void qk_act_quant_avx2(int8_t *restrict q, float *restrict scale, int32_t *restrict sum,
                       const float *restrict x, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++, q += columns, x += columns) {
        sum[r] = 0;
        if (row_scale(largest(x, columns), &scale[r]))
            sum[r] = quantise(q, x, scale[r], columns);
        else
            QK_CLEAR(q, columns);
    }
}
