/* SPDX-License-Identifier: MIT */
/*
 * Against avx512_shift: there are no shifts in the loop. Codes are masked in place. Each field has a sum of
 * its own, which is an exact multiple and is shifted down once at the end. 256 codes take four masks, four
 * dot-accumulates, one load, and half of four loads that two rows share. Limit: two dot-accumulates per
 * cycle, one cycle per 128 codes. For: AVX-512 VNNI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_mask.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/zmm.h"

void qk_i2s_gemv_avx512_mask(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                             int32_t q_sum, size_t rows, size_t columns)
{
    gemv(y, codes, q, q_sum, rows, columns, true);
}
