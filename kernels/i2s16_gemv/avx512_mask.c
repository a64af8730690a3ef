/* SPDX-License-Identifier: MIT */
/*
 * Against avxvnni_mask: a vector is a unit, sixteen rows. The chains of sums that two dot-accumulates per
 * cycle want come from two successive units, not from another group of rows: that would be a second stream of
 * weights, and two streams get a third of the DRAM rate of one. Per 256 codes: one load, four masks, four
 * dot-accumulates that broadcast their activations from memory. Limits: one cycle per 128 codes by the
 * dot-accumulates, 1.25 by five loads at two per cycle. For: AVX-512 VNNI (Ice Lake, Zen 4 and later).
 * Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_mask.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/avx512_mask.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx512_mask(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                               int32_t q_sum, size_t rows, size_t columns)
{
    mask_rows(y, codes, q, q_sum, rows, columns, QK_HINT_PAGES);
}
