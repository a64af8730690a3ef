/* SPDX-License-Identifier: MIT */
/*
 * 64 codes at once are put together from their four and two bits: two fields, which fill the four
 * accumulators. A code less 32 is a signed number in the upper six bits of its byte. One permutation puts
 * sixteen of them into the upper bytes of dwords, which makes them 2^26 times too large; the scales are as
 * much smaller, and exact. For: AVX-512 CPUs with VBMI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VBMI__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/layout.h"
#include "kernels/q6_k_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/unroll.h"

#include <string.h>

enum { LANES = 16, HALVES = 2, TWO_FIELDS = 64, BIT_SELECT = 0xca, XOR_AND = 0x78 };

/* d times the sixteen sub-scales, times 2^-26. */
static inline __attribute__((always_inline)) __m512 scales(const uint8_t *block)
{
    const __m128i sub = _mm_loadu_si128((const __m128i *)(block + Q6_K_SUB_SCALES));
    short half;
    memcpy(&half, block + Q6_K_SCALE, sizeof half);
    const __m512 d = _mm512_mul_ps(_mm512_cvtph_ps(_mm256_set1_epi16(half)), _mm512_set1_ps(0x1p-26f));
    return _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(sub)));
}

/* Codes 16 k to 16 k + 15 of c. */
static inline __attribute__((always_inline)) __m512 times(__m512 sum, __m512i c, const int k, float scale,
                                                          const float *x)
{
    const __m512i upper = _mm512_slli_epi32(
        _mm512_add_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                         _mm512_set1_epi32(LANES * k)),
        24);
    const __m512i dwords = _mm512_maskz_permutexvar_epi8(0x8888888888888888u, upper, c);
    const __m512 w = _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_cvtepi32_ps(dwords));
    return _mm512_add_ps(sum, _mm512_mul_ps(w, _mm512_loadu_ps(x)));
}

/* low: bits 2 to 5 of bytes; high: their bits 6 and 7. What else is in them counts for nothing. */
static inline __attribute__((always_inline)) void add_fields(__m512 *sum, __m512i low, __m512i high,
                                                             const float *scale, const float *x)
{
    const __m512i code = _mm512_ternarylogic_epi64(_mm512_set1_epi8(0x3c), low, high, BIT_SELECT);
    const __m512i c =
        _mm512_ternarylogic_epi64(_mm512_set1_epi8((char)0x80), code, _mm512_set1_epi8((char)0xfc), XOR_AND);
    QK_UNROLLED
    for (int k = 0; k < TWO_FIELDS / LANES; k++)
        sum[k] = times(sum[k], c, k, scale[k], x + LANES * k);
}

static inline __attribute__((always_inline)) void add_block(__m512 *sum, const uint8_t *block, const float *x)
{
    /* High bits of the even fields in the lower half, of the odd ones in the upper. */
    const __m512i first = _mm512_inserti64x4(_mm512_set1_epi16(6), _mm256_set1_epi16(4), 1);
    const __m512i second = _mm512_inserti64x4(_mm512_set1_epi16(2), _mm256_setzero_si256(), 1);
    float scale[Q6_K_BLOCK / LANES];
    _mm512_storeu_ps(scale, scales(block));
    QK_UNROLLED
    for (int h = 0; h < HALVES; h++) {
        const __m512i low = _mm512_loadu_si512((const void *)(block + TWO_FIELDS * h));
        const __m512i high = _mm512_broadcast_i64x4(
            _mm256_loadu_si256((const __m256i *)(block + Q6_K_HIGH + TWO_FIELDS / 2 * h)));
        const float *s = scale + 8 * h, *from = x + 2 * TWO_FIELDS * h;
        add_fields(sum, _mm512_slli_epi16(low, 2), _mm512_sllv_epi16(high, first), s, from);
        add_fields(sum, _mm512_srli_epi16(low, 2), _mm512_sllv_epi16(high, second), s + 4, from + TWO_FIELDS);
    }
}

void qk_q6_k_gemv_avx512(float *restrict y, const uint8_t *restrict w, const float *restrict x, size_t rows,
                         size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        __m512 sum[4];
        QK_UNROLLED
        for (int j = 0; j < 4; j++)
            sum[j] = _mm512_setzero_ps();
        for (size_t c = 0; c < columns; c += Q6_K_BLOCK, w += Q6_K_BLOCK_BYTES)
            add_block(sum, w, x + c);
        y[r] = qk_fold_avx512(sum);
    }
}
