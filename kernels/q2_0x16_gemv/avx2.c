/* SPDX-License-Identifier: MIT */
/*
 * The narrow sums of i2s16_gemv/avx2_madd.h, a block at a time. Lanes are rows, so scales are applied to
 * eight rows at once, without a sum across lanes. For: any AVX2 CPU with F16C. Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemv/avx2_madd.h"
#include "kernels/q2_0x16_gemv/op.h"
#include "kernels/rows/hints.h"
#include "kernels/rows/unroll.h"

enum { PART = 64 }; /* columns between two widenings: worth 4, a narrow sum gets at most 24576 */

/*
 * Adds what is narrow of eight rows. The sum worth 4 is brought to worth 1 before it is widened: 6144 + 6144
 * fits 16 bits. One multiply-add then widens both.
 */
static inline __m256i add_narrow(__m256i sum, __m256i worth1, __m256i worth4)
{
    const __m256i both = _mm256_add_epi16(worth1, _mm256_srai_epi16(worth4, 2));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(both, _mm256_set1_epi16(1)));
}

/* to[0], to[1]: the sums of sixteen rows of a block. */
static inline __attribute__((always_inline)) void block_sums(__m256i to[2], const uint8_t *codes,
                                                             const int8_t *q, const size_t block)
{
    const __m256i zero = _mm256_setzero_si256();
    const int units = (block < PART ? (int)block : PART) / I2S16_COLUMNS;
    to[0] = to[1] = zero;
    for (const int8_t *const end = q + block; q < end;) {
        struct narrow n = {zero, zero, zero, zero};
        QK_UNROLLED
        for (int u = 0; u < units; u++, codes += I2S16_UNIT_BYTES, q += I2S16_COLUMNS)
            add_sixteen(&n, codes, q);
        to[0] = add_narrow(to[0], n.low1, n.low4);
        to[1] = add_narrow(to[1], n.high1, n.high4);
    }
}

static inline __attribute__((always_inline)) void gemv(float *restrict y, const uint8_t *restrict codes,
                                                       const uint16_t *restrict scale,
                                                       const int8_t *restrict q, const int32_t *restrict bias,
                                                       const float *restrict x_scale, size_t rows,
                                                       size_t columns, size_t group, const size_t block)
{
    for (size_t r = 0; r < rows; r += I2S16_ROWS) {
        __m256 sum[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
        for (size_t c = 0, b = 0; c < columns; scale += I2S16_ROWS) {
            const __m256 d[2] = {_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)scale)),
                                 _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(scale + 8)))};
            qk_hint(QK_HINT_PAGES, scale, I2S16_ROWS * sizeof *scale);
            for (const size_t last = c + group; c < last; c += block, b++, codes += block * 4) {
                const __m256i off = _mm256_set1_epi32(bias[b]);
                const __m256 factor = _mm256_set1_ps(x_scale[b]);
                __m256i s[2];
                qk_hint(QK_HINT_PAGES, codes, block * 4);
                block_sums(s, codes, q + c, block);
                for (int i = 0; i < 2; i++) {
                    const __m256i exact = _mm256_sub_epi32(s[i], off);
                    const __m256 both = _mm256_mul_ps(d[i], factor);
                    sum[i] = _mm256_add_ps(sum[i], _mm256_mul_ps(_mm256_cvtepi32_ps(exact), both));
                }
            }
        }
        _mm256_storeu_ps(y + r, sum[0]);
        _mm256_storeu_ps(y + r + 8, sum[1]);
    }
}

void qk_q2_0x16_gemv_avx2(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                          const int8_t *restrict q, const int32_t *restrict bias,
                          const float *restrict x_scale, size_t rows, size_t columns, size_t group,
                          size_t block)
{
    if (block == 32)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, group, 32);
    else if (block == 64)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 64, 64);
    else if (block == 128)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 128, 128);
    else
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 256, 256);
}
