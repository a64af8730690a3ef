/* SPDX-License-Identifier: MIT */
/* The loops of avx512_mask, and of the same with other hints (rows/hints.h). */
#pragma once

#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"
#include "kernels/rows/hints.h"

#include <immintrin.h>

/* Field f of sixteen rows times four columns. */
static inline __attribute__((always_inline)) __m512i field(__m512i sum, __m512i v, const int f,
                                                           const int8_t *q)
{
    return qk_dot64_four(sum, _mm512_and_si512(v, _mm512_set1_epi8((char)(3 << 2 * f))), q + 4 * f);
}

static inline __m512i join(__m512i s0, __m512i s1, __m512i s2, __m512i s3, int32_t q_sum)
{
    const __m512i low = _mm512_add_epi32(s0, _mm512_srai_epi32(s1, 2));
    const __m512i high = _mm512_add_epi32(_mm512_srai_epi32(s2, 4), _mm512_srai_epi32(s3, 6));
    return _mm512_sub_epi32(_mm512_add_epi32(low, high), _mm512_set1_epi32(q_sum));
}

static inline __attribute__((always_inline)) void mask_rows(int32_t *restrict y,
                                                            const uint8_t *restrict codes,
                                                            const int8_t *restrict q, int32_t q_sum,
                                                            size_t rows, size_t columns, const int hint)
{
    for (size_t m = 0; m < rows; m += I2S16_ROWS) {
        __m512i a0 = _mm512_setzero_si512(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        const size_t left = rows - m;
        qk_walk(hint, codes, I2S16_ROWS * (columns / 4));
        for (size_t k = 0; k < columns; k += 2 * I2S16_COLUMNS, codes += 2 * I2S16_UNIT_BYTES) {
            const __m512i a = _mm512_loadu_si512(codes), b = _mm512_loadu_si512(codes + I2S16_UNIT_BYTES);
            qk_hint(hint, codes, 2 * I2S16_UNIT_BYTES);
            a0 = field(a0, a, 0, q + k);
            a1 = field(a1, a, 1, q + k);
            a2 = field(a2, a, 2, q + k);
            a3 = field(a3, a, 3, q + k);
            b0 = field(b0, b, 0, q + k + I2S16_COLUMNS);
            b1 = field(b1, b, 1, q + k + I2S16_COLUMNS);
            b2 = field(b2, b, 2, q + k + I2S16_COLUMNS);
            b3 = field(b3, b, 3, q + k + I2S16_COLUMNS);
        }
        const __m512i sum = join(_mm512_add_epi32(a0, b0), _mm512_add_epi32(a1, b1), _mm512_add_epi32(a2, b2),
                                 _mm512_add_epi32(a3, b3), q_sum);
        _mm512_mask_storeu_epi32(y + m, left < I2S16_ROWS ? (__mmask16)((1u << left) - 1) : 0xffff, sum);
    }
}
