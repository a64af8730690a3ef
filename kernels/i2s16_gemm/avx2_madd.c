/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: weights are unpacked to bytes once for all tokens (ymm.h). Four columns of sixteen rows and
 * a token then take two multiply-adds of byte pairs and two additions in i16. A pair of products is at most
 * 768 in size. A block of 128 columns adds 32 pairs, 24576, before the sum is widened. Limit: 32 products per
 * multiply-add and its addition. For: any AVX2 CPU. Source: own.
 */
#ifndef __AVX2__
#error "avx2_madd.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemm/ymm.h"

void qk_i2s16_gemm_avx2_madd(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                             const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    gemm(y, codes, q, q_sum, rows, columns, tokens, 4, false);
}
