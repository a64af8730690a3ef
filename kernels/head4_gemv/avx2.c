/* SPDX-License-Identifier: MIT */
/*
 * Lanes are rows, so four activations are broadcast to all of them and nothing is summed across lanes. A
 * block of 32 columns adds 16 products into each half lane. 16 * 15 * 128 = 30720 fits 16 bits. So a block is
 * widened once, by a multiply that doubles it as well. Two halves of eight rows share the broadcasts. 70
 * vector operations per 512 codes. Each line of the codes is asked for 4 KiB ahead. On a Zen 3, two planes of
 * 164 MB took 34 ms so, 37 without hints, and 46 by pages. For: any AVX2 CPU with F16C. Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/head4_gemv/avx2.h"
#include "kernels/head4_gemv/op.h"

void qk_head4_gemv_avx2(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                        const int8_t *restrict q, const int32_t *restrict bias, const float *restrict x_scale,
                        size_t rows, size_t columns)
{
    head4_rows(y, codes, scale, q, bias, x_scale, rows, columns, QK_HINT_LINES | QK_HINT_WALK);
}
