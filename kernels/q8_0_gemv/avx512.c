/* SPDX-License-Identifier: MIT */
/* As avx2 with sixteen lanes and four accumulators. For: AVX-512 CPUs. Source: own. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/layout.h"
#include "kernels/q8_0_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/unroll.h"

#include <string.h>

enum { LANES = 16, VECTORS = Q8_0_BLOCK / LANES };

static inline __attribute__((always_inline)) void add_block(__m512 *sum, const uint8_t *block, const float *x)
{
    short half;
    memcpy(&half, block, sizeof half);
    const __m512 d = _mm512_cvtph_ps(_mm256_set1_epi16(half));
    QK_UNROLLED
    for (int j = 0; j < VECTORS; j++) {
        const __m128i sixteen = _mm_loadu_si128((const __m128i *)(block + 2 + LANES * j));
        const __m512 w = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(sixteen)));
        sum[j] = _mm512_add_ps(sum[j], _mm512_mul_ps(w, _mm512_loadu_ps(x + LANES * j)));
    }
}

void qk_q8_0_gemv_avx512(float *restrict y, const uint8_t *restrict w, const float *restrict x, size_t rows,
                         size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        __m512 sum[2 * VECTORS];
        size_t c = 0;
        QK_UNROLLED
        for (int j = 0; j < 2 * VECTORS; j++)
            sum[j] = _mm512_setzero_ps();
        for (; c + QK_SUMS <= columns; c += QK_SUMS, w += 2 * Q8_0_BLOCK_BYTES) {
            add_block(sum, w, x + c);
            add_block(sum + VECTORS, w + Q8_0_BLOCK_BYTES, x + c + Q8_0_BLOCK);
        }
        if (c < columns) {
            add_block(sum, w, x + c);
            w += Q8_0_BLOCK_BYTES;
        }
        y[r] = qk_fold_avx512(sum);
    }
}
