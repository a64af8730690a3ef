/* SPDX-License-Identifier: MIT */
/*
 * Against avx2: a vector is a unit, sixteen rows, and a dot-accumulate sums four products into 32 bits. The
 * upper codes of a byte are used where they are, 16 times as large, with their own sum. A block takes eight
 * dot-accumulates in two chains, so 512 codes are 8 + 8 masks + 7 for the scales. Limit: loads of codes
 * from memory. For: AVX-512 VNNI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/head4_gemv/avx512.h"
#include "kernels/head4_gemv/op.h"

void qk_head4_gemv_avx512(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                          const int8_t *restrict q, const int32_t *restrict bias,
                          const float *restrict x_scale, size_t rows, size_t columns)
{
    head4_rows(y, codes, scale, q, bias, x_scale, rows, columns, QK_HINT_LINES | QK_HINT_WALK);
}
