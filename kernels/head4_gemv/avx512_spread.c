/* SPDX-License-Identifier: MIT */
/*
 * As avx512, with its hints spread between the units, and hints for the scales (rows/hints.h). From DRAM it
 * took 5.5 ms where avx512 took 5.9 and hinted loads of the same bytes 5.3. In cache it is 1.3 % slower (Zen
 * 5, 185 MB, one thread, medians of 61 rounds in a trial outside the tree). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_spread.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/head4_gemv/avx512.h"
#include "kernels/head4_gemv/op.h"

void qk_head4_gemv_avx512_spread(float *restrict y, const uint8_t *restrict codes,
                                 const uint16_t *restrict scale, const int8_t *restrict q,
                                 const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                                 size_t columns)
{
    head4_rows(y, codes, scale, q, bias, x_scale, rows, columns, QK_HINT_LINES | QK_HINT_WALK, true);
}
