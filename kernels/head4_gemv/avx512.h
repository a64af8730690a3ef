/* SPDX-License-Identifier: MIT */
/* The loops of avx512 and avx512_pages (rows/hints.h). */
#pragma once

#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"
#include "kernels/rows/hints.h"
#include "kernels/rows/unroll.h"

/* Sixteen rows of a block: sums of codes times q. */
static inline __attribute__((always_inline)) __m512i block_sums(const uint8_t *codes, const int8_t *q)
{
    __m512i low = _mm512_setzero_si512(), high = low;
    QK_UNROLLED
    for (int u = 0; u < 4; u++) {
        const __m512i v = _mm512_loadu_si512(codes + u * HEAD4_UNIT_BYTES);
        const int8_t *x = q + u * HEAD4_UNIT_COLUMNS;
        low = qk_dot64_four(low, _mm512_and_si512(v, _mm512_set1_epi8(15)), x);
        high = qk_dot64_four(high, _mm512_and_si512(v, _mm512_set1_epi8((char)0xf0)), x + 4);
    }
    return _mm512_add_epi32(low, _mm512_srai_epi32(high, 4));
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
        __m512 sum = _mm512_setzero_ps();
        for (size_t b = 0; b < columns / HEAD4_BLOCK; b++) {
            qk_hint(hint, codes, HEAD4_BLOCK_BYTES);
            qk_hint(of_scales, scale, HEAD4_ROWS * sizeof *scale);
            const __m512i sums = _mm512_slli_epi32(block_sums(codes, q + b * HEAD4_BLOCK), 1);
            const __m512i exact = _mm512_sub_epi32(sums, _mm512_set1_epi32(bias[b]));
            const __m512 wide = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)scale));
            const __m512 both = _mm512_mul_ps(wide, _mm512_set1_ps(x_scale[b]));
            sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_cvtepi32_ps(exact), both));
            codes += HEAD4_BLOCK_BYTES;
            scale += HEAD4_ROWS;
        }
        _mm512_storeu_ps(y + r, sum);
    }
}
