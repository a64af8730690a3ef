/* SPDX-License-Identifier: MIT */
/*
 * Against avx2_madd: one dot-accumulate instead of a multiply-add, an addition and the widening, and sums of six tokens
 * in registers. For: AVX-VNNI without AVX-512 (Alder Lake and later). Source: own.
 */
#ifndef __AVXVNNI__
#error "avxvnni_tile.c must be built with the flags of isa.def's AVXVNNI row"
#endif
enum { TILE = 6 };
#include "kernels/i2s16_gemm/ymm.h"
#include "kernels/vnni.h"

TILE_BODY multiply(__m256i sum[TILE][2], const uint8_t *w, const int8_t *q, size_t stride, size_t n,
                   const int tokens)
{
    for (size_t k = 0; k < n; k += 4, q += 4, w += 64) {
        const __m256i low = _mm256_load_si256((const __m256i *)w);
        const __m256i high = _mm256_load_si256((const __m256i *)(w + 32));
        UNROLL
        for (int t = 0; t < tokens; t++) {
            const __m256i a = broadcast(q + (size_t)t * stride);
            sum[t][0] = qk_dot32(sum[t][0], low, a);
            sum[t][1] = qk_dot32(sum[t][1], high, a);
        }
    }
}

void qk_i2s16_gemm_avxvnni_tile(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                                const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    gemm(y, codes, q, q_sum, rows, columns, tokens);
}
