/* SPDX-License-Identifier: MIT */
/*
 * 32 codes at once are put together from their four and two bits. Eight at once are widened, scaled and
 * multiplied. Two fields of 32 columns fill the eight accumulators, so that a lane is a partial sum of
 * sums.h. For: any AVX2 CPU with F16C. Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/layout.h"
#include "kernels/q6_k_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/unroll.h"

#include <string.h>

enum { LANES = 8, HALVES = 2, FIELDS = 4, FIELD = 32, SCALED = 16 };

/* d times the sixteen sub-scales. */
static inline __attribute__((always_inline)) void take_scales(float *scale, const uint8_t *block)
{
    const __m128i sub = _mm_loadu_si128((const __m128i *)(block + Q6_K_SUB_SCALES));
    short half;
    memcpy(&half, block + Q6_K_SCALE, sizeof half);
    const __m256 d = _mm256_cvtph_ps(_mm_set1_epi16(half));
    _mm256_storeu_ps(scale, _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(sub))));
    _mm256_storeu_ps(scale + LANES,
                     _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(sub, 8)))));
}

static inline __attribute__((always_inline)) __m256 times(__m256 sum, __m128i codes, float scale,
                                                          const float *x)
{
    const __m256 w = _mm256_mul_ps(_mm256_set1_ps(scale), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(codes)));
    return _mm256_add_ps(sum, _mm256_mul_ps(w, _mm256_loadu_ps(x)));
}

/* The columns of a field, with two scales. */
static inline __attribute__((always_inline)) void add_field(__m256 *sum, __m256i low, __m256i high,
                                                            const float *scale, const float *x)
{
    const __m256i code = _mm256_or_si256(_mm256_and_si256(low, _mm256_set1_epi8(0x0f)),
                                         _mm256_and_si256(high, _mm256_set1_epi8(0x30)));
    const __m256i signed_code = _mm256_sub_epi8(code, _mm256_set1_epi8(32));
    const __m128i a = _mm256_castsi256_si128(signed_code), b = _mm256_extracti128_si256(signed_code, 1);
    sum[0] = times(sum[0], a, scale[0], x);
    sum[1] = times(sum[1], _mm_srli_si128(a, LANES), scale[0], x + LANES);
    sum[2] = times(sum[2], b, scale[1], x + 2 * LANES);
    sum[3] = times(sum[3], _mm_srli_si128(b, LANES), scale[1], x + 3 * LANES);
}

static inline __attribute__((always_inline)) void add_block(__m256 *sum, const uint8_t *block, const float *x)
{
    float scale[Q6_K_BLOCK / SCALED];
    take_scales(scale, block);
    QK_UNROLLED
    for (int h = 0; h < HALVES; h++) {
        const __m256i even = _mm256_loadu_si256((const __m256i *)(block + 2 * FIELD * h));
        const __m256i odd = _mm256_loadu_si256((const __m256i *)(block + 2 * FIELD * h + FIELD));
        const __m256i high = _mm256_loadu_si256((const __m256i *)(block + Q6_K_HIGH + FIELD * h));
        const float *s = scale + h * FIELDS * 2, *from = x + h * FIELDS * FIELD;
        add_field(sum, even, _mm256_slli_epi16(high, 4), s, from);
        add_field(sum + 4, odd, _mm256_slli_epi16(high, 2), s + 2, from + FIELD);
        add_field(sum, _mm256_srli_epi16(even, 4), high, s + 4, from + 2 * FIELD);
        add_field(sum + 4, _mm256_srli_epi16(odd, 4), _mm256_srli_epi16(high, 2), s + 6, from + 3 * FIELD);
    }
}

void qk_q6_k_gemv_avx2(float *restrict y, const uint8_t *restrict w, const float *restrict x, size_t rows,
                       size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        __m256 sum[8];
        QK_UNROLLED
        for (int j = 0; j < 8; j++)
            sum[j] = _mm256_setzero_ps();
        for (size_t c = 0; c < columns; c += Q6_K_BLOCK, w += Q6_K_BLOCK_BYTES)
            add_block(sum, w, x + c);
        y[r] = qk_fold_avx2(sum);
    }
}
