/* SPDX-License-Identifier: MIT */
/*
 * Against avxvnni_mask: a vector is a unit, sixteen rows. Two dot-accumulates per cycle want several chains
 * of sums. These come from two successive units, not from another group of rows. Another group would be a
 * second stream of weights, and two streams get a third of the DRAM rate of one. 256 codes take one load,
 * four masks, and four dot-accumulates that broadcast their activations from memory. Limits: the
 * dot-accumulates take one cycle per 128 codes; five loads at two per cycle take 1.25. For: AVX-512 VNNI (Ice
 * Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_mask.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/avx512_mask.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx512_mask(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                               int32_t q_sum, size_t rows, size_t columns)
{
    mask_rows(y, codes, q, q_sum, rows, columns, QK_HINT_LINES | QK_HINT_WALK);
}
