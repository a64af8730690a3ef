/* SPDX-License-Identifier: MIT */
/*
 * 64 codes at once are put together from their four and two bits: two fields, which fill the four
 * accumulators. Sixteen at once have one scale. For: AVX-512 CPUs with BW. Source: own.
 */
#ifndef __AVX512BW__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/layout.h"
#include "kernels/q6_k_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/unroll.h"

#include <string.h>

enum { LANES = 16, HALVES = 2, TWO_FIELDS = 64 };

/* d times the sixteen sub-scales. */
static inline __attribute__((always_inline)) __m512 scales(const uint8_t *block)
{
    const __m128i sub = _mm_loadu_si128((const __m128i *)(block + Q6_K_SUB_SCALES));
    short half;
    memcpy(&half, block + Q6_K_SCALE, sizeof half);
    const __m512 d = _mm512_cvtph_ps(_mm256_set1_epi16(half));
    return _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(sub)));
}

static inline __attribute__((always_inline)) __m512 times(__m512 sum, __m128i codes, __m512 scale,
                                                          const float *x)
{
    const __m512 w = _mm512_mul_ps(scale, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(codes)));
    return _mm512_add_ps(sum, _mm512_mul_ps(w, _mm512_loadu_ps(x)));
}

static inline __attribute__((always_inline)) void add_fields(__m512 *sum, __m512i low, __m512i high,
                                                             const float *scale, const float *x)
{
    const __m512i code = _mm512_or_si512(_mm512_and_si512(low, _mm512_set1_epi8(0x0f)),
                                         _mm512_and_si512(high, _mm512_set1_epi8(0x30)));
    const __m512i c = _mm512_sub_epi8(code, _mm512_set1_epi8(32));
    sum[0] = times(sum[0], _mm512_castsi512_si128(c), _mm512_set1_ps(scale[0]), x);
    sum[1] = times(sum[1], _mm512_extracti32x4_epi32(c, 1), _mm512_set1_ps(scale[1]), x + LANES);
    sum[2] = times(sum[2], _mm512_extracti32x4_epi32(c, 2), _mm512_set1_ps(scale[2]), x + 2 * LANES);
    sum[3] = times(sum[3], _mm512_extracti32x4_epi32(c, 3), _mm512_set1_ps(scale[3]), x + 3 * LANES);
}

static inline __attribute__((always_inline)) void add_block(__m512 *sum, const uint8_t *block, const float *x)
{
    /* High bits of the even fields in the lower half, of the odd ones in the upper. */
    const __m512i first = _mm512_inserti64x4(_mm512_set1_epi16(4), _mm256_set1_epi16(2), 1);
    const __m512i second = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(2), 1);
    float scale[Q6_K_BLOCK / LANES];
    _mm512_storeu_ps(scale, scales(block));
    QK_UNROLLED
    for (int h = 0; h < HALVES; h++) {
        const __m512i low = _mm512_loadu_si512((const void *)(block + TWO_FIELDS * h));
        const __m512i high = _mm512_broadcast_i64x4(
            _mm256_loadu_si256((const __m256i *)(block + Q6_K_HIGH + TWO_FIELDS / 2 * h)));
        const float *s = scale + 8 * h, *from = x + 2 * TWO_FIELDS * h;
        add_fields(sum, low, _mm512_sllv_epi16(high, first), s, from);
        add_fields(sum, _mm512_srli_epi16(low, 4), _mm512_srlv_epi16(high, second), s + 4, from + TWO_FIELDS);
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
