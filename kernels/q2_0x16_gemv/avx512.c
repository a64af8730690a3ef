/* SPDX-License-Identifier: MIT */
/*
 * Against avx2: a vector is a unit, sixteen rows, and a dot-accumulate sums four products into 32 bits. A
 * field is used where it is, 1, 4, 16 or 64 times as large, with its own sum, as in i2s16_gemv/avx512_mask.h.
 * For: AVX-512 VNNI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/avx512_mask.h"
#include "kernels/q2_0x16_gemv/op.h"
#include "kernels/rows/next_page.h"

static inline __attribute__((always_inline)) __m512i exact(const uint8_t *codes, const int8_t *q,
                                                           int32_t bias, size_t block)
{
    __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t k = 0; k < block; k += I2S16_COLUMNS, codes += I2S16_UNIT_BYTES) {
        const __m512i v = _mm512_loadu_si512(codes);
        s0 = field(s0, v, 0, q + k);
        s1 = field(s1, v, 1, q + k);
        s2 = field(s2, v, 2, q + k);
        s3 = field(s3, v, 3, q + k);
    }
    return join(s0, s1, s2, s3, bias);
}

static inline __attribute__((always_inline)) void gemv(float *restrict y, const uint8_t *restrict codes,
                                                       const uint16_t *restrict scale,
                                                       const int8_t *restrict q, const int32_t *restrict bias,
                                                       const float *restrict x_scale, size_t rows,
                                                       size_t columns, size_t group, const size_t block)
{
    const uint8_t *const end = codes + rows * columns / 4;
    const uint16_t *const scale_end = scale + rows * (columns / group);
    for (size_t r = 0; r < rows; r += I2S16_ROWS) {
        __m512 sum = _mm512_setzero_ps();
        for (size_t c = 0, b = 0; c < columns; scale += I2S16_ROWS) {
            const __m512 d = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)scale));
            qk_next_page(scale, I2S16_ROWS * sizeof *scale, scale_end);
            for (const size_t last = c + group; c < last; c += block, b++, codes += block * 4) {
                const __m512 both = _mm512_mul_ps(d, _mm512_set1_ps(x_scale[b]));
                qk_next_page(codes, block * 4, end);
                const __m512 s = _mm512_cvtepi32_ps(exact(codes, q + c, bias[b], block));
                sum = _mm512_add_ps(sum, _mm512_mul_ps(s, both));
            }
        }
        _mm512_storeu_ps(y + r, sum);
    }
}

void qk_q2_0x16_gemv_avx512(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                            const int8_t *restrict q, const int32_t *restrict bias,
                            const float *restrict x_scale, size_t rows, size_t columns, size_t group,
                            size_t block)
{
    if (block == 32)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, group, 32);
    else if (block == 64)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 64, 64);
    else
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, group, block);
}
