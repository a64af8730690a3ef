/* SPDX-License-Identifier: MIT */
/*
 * Against avxvnni_mask: vectors of 64 bytes hold two blocks each, and two rows are done at a time (zmm.h).
 * The codes are first shifted down to the low bits of their bytes. That costs three shifts per 256 codes and
 * saves the shifts of sums at the end. For: AVX-512 VNNI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_shift.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/zmm.h"

void qk_i2s_gemv_avx512_shift(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              int32_t q_sum, size_t rows, size_t columns)
{
    gemv(y, codes, q, q_sum, rows, columns, false);
}
