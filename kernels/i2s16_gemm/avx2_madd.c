/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: weights unpacked to bytes once for all tokens (ymm.h); then two multiply-adds of byte pairs and two
 * additions in i16 per four columns of sixteen rows and a token. A pair is at most 768 in size; a block of 128 columns
 * adds 32 of them, 24576, before it is widened. Limit: 32 products per multiply-add and its addition.
 * For: any AVX2 CPU. Source: own.
 */
#ifndef __AVX2__
#error "avx2_madd.c must be built with the flags of isa.def's AVX2 row"
#endif
enum { TILE = 4 };
#include "kernels/i2s16_gemm/ymm.h"

TILE_BODY multiply(__m256i sum[TILE][2], const uint8_t *w, const int8_t *q, size_t stride, size_t n,
                   const int tokens)
{
    for (size_t k = 0; k < n; k += I2S_BLOCK) {
        __m256i narrow[TILE][2];
        UNROLL
        for (int t = 0; t < tokens; t++)
            narrow[t][0] = narrow[t][1] = _mm256_setzero_si256();
        for (size_t s = 0; s < I2S_BLOCK; s += 4, q += 4, w += 64) {
            const __m256i low = _mm256_load_si256((const __m256i *)w);
            const __m256i high = _mm256_load_si256((const __m256i *)(w + 32));
            UNROLL
            for (int t = 0; t < tokens; t++) {
                const __m256i a = broadcast(q + (size_t)t * stride);
                narrow[t][0] = _mm256_add_epi16(narrow[t][0], _mm256_maddubs_epi16(low, a));
                narrow[t][1] = _mm256_add_epi16(narrow[t][1], _mm256_maddubs_epi16(high, a));
                /* Keeps gcc 12 from doing all tokens' multiplications first, which takes more registers than there are. */
                __asm__("" : "+x"(narrow[t][0]), "+x"(narrow[t][1]));
            }
        }
        UNROLL
        for (int t = 0; t < tokens; t++)
            for (int h = 0; h < 2; h++)
                sum[t][h] =
                    _mm256_add_epi32(sum[t][h], _mm256_madd_epi16(narrow[t][h], _mm256_set1_epi16(1)));
    }
}

void qk_i2s16_gemm_avx2_madd(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                             const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    gemm(y, codes, q, q_sum, rows, columns, tokens);
}
