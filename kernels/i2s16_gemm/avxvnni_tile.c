/* SPDX-License-Identifier: MIT */
/*
 * Against avx2_madd: one dot-accumulate replaces a multiply-add, an addition and the widening. Registers hold
 * the sums of six tokens. For: AVX-VNNI without AVX-512 (Alder Lake and later). Source: own.
 */
#ifndef __AVXVNNI__
#error "avxvnni_tile.c must be built with the flags of isa.def's AVXVNNI row"
#endif
#include "kernels/i2s16_gemm/ymm.h"

void qk_i2s16_gemm_avxvnni_tile(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                                const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    gemm(y, codes, q, q_sum, rows, columns, tokens, 6, true);
}
