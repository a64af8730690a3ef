/* SPDX-License-Identifier: MIT */
/* The loops of avx2, and of the same with other hints (rows/hints.h). */
#pragma once

#include "kernels/layout.h"
#include "kernels/rows/hints.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>
#include <string.h>

static inline __attribute__((always_inline)) __m256i broadcast(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
}

/* Eight rows of a unit, added to their narrow sums. */
static inline __attribute__((always_inline)) __m256i add_unit(__m256i sum, const uint8_t *codes, __m256i low,
                                                              __m256i high)
{
    const __m256i v = _mm256_loadu_si256((const __m256i *)codes), mask = _mm256_set1_epi8(15);
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_and_si256(v, mask), low));
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(v, 4), mask), high));
    /* Keeps gcc 12 from doing the multiplications of all units first and their additions last, by memory. */
    __asm__("" : "+x"(sum));
    return sum;
}

/* Eight rows of a block: their narrow sums doubled, less the bias, times both scales, added to `sum`. */
static inline __attribute__((always_inline)) __m256 add_block(__m256 sum, __m256i narrow, __m256i bias,
                                                              const uint16_t *scale, __m256 x_scale)
{
    const __m256i exact = _mm256_sub_epi32(_mm256_madd_epi16(narrow, _mm256_set1_epi16(2)), bias);
    const __m256 both = _mm256_mul_ps(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)scale)), x_scale);
    return _mm256_add_ps(sum, _mm256_mul_ps(_mm256_cvtepi32_ps(exact), both));
}

static inline __attribute__((always_inline)) void
head4_rows(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
           const int8_t *restrict q, const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
           size_t columns, const int hint)
{
    /* 3 KiB of scales, as with L2, belong to 24 KiB of codes: that is far enough. */
    const int of_scales = hint & QK_HINT_FAR ? QK_HINT_L2 : hint & (QK_HINT_PAGES | QK_HINT_L2);
    for (size_t r = 0; r < rows; r += HEAD4_ROWS) {
        qk_walk(hint, codes, HEAD4_ROWS * columns / 2);
        qk_walk(hint, scale, HEAD4_ROWS * columns / HEAD4_BLOCK * sizeof *scale);
        __m256 first = _mm256_setzero_ps(), second = first;
        for (size_t b = 0; b < columns / HEAD4_BLOCK; b++) {
            const int8_t *x = q + b * HEAD4_BLOCK;
            __m256i narrow0 = _mm256_setzero_si256(), narrow1 = narrow0;
            qk_hint(hint, codes, HEAD4_BLOCK_BYTES);
            qk_hint(of_scales, scale, HEAD4_ROWS * sizeof *scale);
            QK_UNROLLED
            for (int u = 0; u < 4; u++, codes += HEAD4_UNIT_BYTES, x += HEAD4_UNIT_COLUMNS) {
                const __m256i low = broadcast(x), high = broadcast(x + 4);
                narrow0 = add_unit(narrow0, codes, low, high);
                narrow1 = add_unit(narrow1, codes + 32, low, high);
            }
            const __m256i off = _mm256_set1_epi32(bias[b]);
            const __m256 factor = _mm256_set1_ps(x_scale[b]);
            first = add_block(first, narrow0, off, scale, factor);
            second = add_block(second, narrow1, off, scale + 8, factor);
            scale += HEAD4_ROWS;
        }
        _mm256_storeu_ps(y + r, first);
        _mm256_storeu_ps(y + r + 8, second);
    }
}
