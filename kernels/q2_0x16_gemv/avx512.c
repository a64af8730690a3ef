/* SPDX-License-Identifier: MIT */
/*
 * Against avx2: a vector is a unit, sixteen rows, and a dot-accumulate sums four products into 32 bits. A
 * field is used where it is, 1, 4, 16 or 64 times as large. What limits is how many blocks are on their way
 * at once, because each ends in a chain of seven operations.
 *
 *    - A block of 64 or more has one sum for each field, as in i2s16_gemv/avx512_mask.h.
 *    - Blocks of 32 are done two at a time, with two sums each (pair_sums).
 *
 * From L2 on Zen 5 it reaches 0.81 of the rate of i2s16_gemv/avx512_mask with a group and block of 64. It
 * reaches 0.70 with blocks of 32, and 0.95 with a group and block of 256. For: AVX-512 VNNI (Ice Lake, Zen 4
 * and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/avx512_mask.h"
#include "kernels/q2_0x16_gemv/op.h"
#include "kernels/rows/hints.h"
#include "kernels/rows/unroll.h"

enum { PAIR = 2 /* blocks */ };
#define BODY static inline __attribute__((always_inline))

/* The sums of a block, less the bias. */
BODY __m512i block_sums(const uint8_t *codes, const int8_t *q, int32_t bias, const size_t block)
{
    __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
    const int units = (block < 64 ? (int)block : 64) / I2S16_COLUMNS;
    for (const int8_t *const end = q + block; q < end;) {
        QK_UNROLLED
        for (int u = 0; u < units; u++, codes += I2S16_UNIT_BYTES, q += I2S16_COLUMNS) {
            const __m512i v = _mm512_loadu_si512(codes);
            s0 = field(s0, v, 0, q);
            s1 = field(s1, v, 1, q);
            s2 = field(s2, v, 2, q);
            s3 = field(s3, v, 3, q);
        }
    }
    return join(s0, s1, s2, s3, bias);
}

/*
 * The same of two blocks of 32. The upper two fields are summed first and shifted down to the worth of the
 * lower two, which are then added to them. That is one operation less for each block, and the two blocks make
 * four chains.
 */
BODY void pair_sums(__m512i to[PAIR], const uint8_t *codes, const int8_t *q, const int32_t *bias)
{
    enum { UNITS = Q8_0_BLOCK / I2S16_COLUMNS };
    const __m512i zero = _mm512_setzero_si512();
    __m512i v[PAIR][UNITS], even[PAIR] = {zero, zero}, odd[PAIR] = {zero, zero};
    QK_UNROLLED
    for (int u = 0; u < UNITS; u++)
        QK_UNROLLED
    for (int p = 0; p < PAIR; p++) {
        v[p][u] = _mm512_loadu_si512(codes + (UNITS * p + u) * I2S16_UNIT_BYTES);
        even[p] = field(even[p], v[p][u], 2, q + (UNITS * p + u) * I2S16_COLUMNS);
        odd[p] = field(odd[p], v[p][u], 3, q + (UNITS * p + u) * I2S16_COLUMNS);
    }
    QK_UNROLLED
    for (int p = 0; p < PAIR; p++) {
        even[p] = _mm512_srai_epi32(even[p], 4);
        odd[p] = _mm512_srai_epi32(odd[p], 4);
    }
    QK_UNROLLED
    for (int u = 0; u < UNITS; u++)
        QK_UNROLLED
    for (int p = 0; p < PAIR; p++) {
        even[p] = field(even[p], v[p][u], 0, q + (UNITS * p + u) * I2S16_COLUMNS);
        odd[p] = field(odd[p], v[p][u], 1, q + (UNITS * p + u) * I2S16_COLUMNS);
    }
    QK_UNROLLED
    for (int p = 0; p < PAIR; p++)
        to[p] = _mm512_sub_epi32(_mm512_add_epi32(even[p], _mm512_srai_epi32(odd[p], 2)),
                                 _mm512_set1_epi32(bias[p]));
}

BODY __m512 add_scaled(__m512 sum, __m512i exact, __m512 d, float x_scale)
{
    const __m512 both = _mm512_mul_ps(d, _mm512_set1_ps(x_scale));
    return _mm512_add_ps(sum, _mm512_mul_ps(_mm512_cvtepi32_ps(exact), both));
}

/* block: 32 or the group. */
BODY void gemv(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
               const int8_t *restrict q, const int32_t *restrict bias, const float *restrict x_scale,
               size_t rows, size_t columns, const size_t group, const size_t block)
{
    const size_t step = block == Q8_0_BLOCK ? PAIR * block : block;
    for (size_t r = 0; r < rows; r += I2S16_ROWS) {
        __m512 sum = _mm512_setzero_ps();
        for (size_t c = 0; c < columns; scale += I2S16_ROWS) {
            const __m512 d = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)scale));
            qk_hint(QK_HINT_PAGES, scale, I2S16_ROWS * sizeof *scale);
            for (const size_t last = c + group; c < last; c += step, codes += step * 4) {
                const size_t b = c / block;
                qk_hint(QK_HINT_PAGES, codes, step * 4);
                if (block == Q8_0_BLOCK) {
                    __m512i exact[PAIR];
                    pair_sums(exact, codes, q + c, bias + b);
                    sum = add_scaled(sum, exact[0], d, x_scale[b]);
                    sum = add_scaled(sum, exact[1], d, x_scale[b + 1]);
                } else {
                    sum = add_scaled(sum, block_sums(codes, q + c, bias[b], block), d, x_scale[b]);
                }
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
    if (block == Q8_0_BLOCK)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, group, Q8_0_BLOCK);
    else if (block == 64)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 64, 64);
    else if (block == 128)
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 128, 128);
    else
        gemv(y, codes, scale, q, bias, x_scale, rows, columns, 256, 256);
}
