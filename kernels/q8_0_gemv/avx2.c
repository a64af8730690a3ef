/* SPDX-License-Identifier: MIT */
/*
 * Eight values at once are widened and scaled. Two blocks of 32 columns fill the eight accumulators, so
 * that a lane is a partial sum of sums.h. Rows are read one after the other, as one linear stream. For:
 * any AVX2 CPU with F16C. Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/layout.h"
#include "kernels/q8_0_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/unroll.h"

#include <string.h>

enum { LANES = 8, VECTORS = Q8_0_BLOCK / LANES };

static inline __attribute__((always_inline)) void add_block(__m256 *sum, const uint8_t *block, const float *x)
{
    short half;
    memcpy(&half, block, sizeof half);
    const __m256 d = _mm256_cvtph_ps(_mm_set1_epi16(half));
    QK_UNROLLED
    for (int j = 0; j < VECTORS; j++) {
        const __m128i eight = _mm_loadl_epi64((const __m128i *)(block + 2 + LANES * j));
        const __m256 w = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight)));
        sum[j] = _mm256_add_ps(sum[j], _mm256_mul_ps(w, _mm256_loadu_ps(x + LANES * j)));
    }
}

void qk_q8_0_gemv_avx2(float *restrict y, const uint8_t *restrict w, const float *restrict x, size_t rows,
                       size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        __m256 sum[2 * VECTORS];
        size_t c = 0;
        QK_UNROLLED
        for (int j = 0; j < 2 * VECTORS; j++)
            sum[j] = _mm256_setzero_ps();
        for (; c + QK_SUMS <= columns; c += QK_SUMS, w += 2 * Q8_0_BLOCK_BYTES) {
            add_block(sum, w, x + c);
            add_block(sum + VECTORS, w + Q8_0_BLOCK_BYTES, x + c + Q8_0_BLOCK);
        }
        if (c < columns) {
            add_block(sum, w, x + c);
            w += Q8_0_BLOCK_BYTES;
        }
        y[r] = qk_fold_avx2(sum);
    }
}
