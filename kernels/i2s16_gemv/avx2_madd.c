/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: lanes are rows, so four activations are broadcast to all of them, and nothing is summed
 * across lanes. Of the four fields two are left in place, worth 1 and 4 times their code, and two are shifted
 * down by four bits to the same places: one shift instead of three. Each worth has its own narrow sum: a pair
 * of products is at most 768 times the worth, two per unit, so the sum of worth 4 could be widened every five
 * units (30720) and the other every twenty. For: any AVX2 CPU. 13 vector operations per 128 codes and 0.6 for
 * the widening, where the published order needs 15 and a tenth of two, and per row a sum across lanes. Zen 5
 * does four such operations a cycle (4.00 measured by a loop of this mix, not in the tree): 3.40 cycles, 3.48
 * measured from L2, where the published order takes 4.12, 1.18 to 1.20 times as long. More than 1.27 is not
 * to be had even without widening: a mask, a multiplication and an addition per field cannot go, and only one
 * shift is left. Source: own.
 */
#ifndef __AVX2__
#error "avx2_madd.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemv/avx2_madd.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx2_madd(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                             int32_t q_sum, size_t rows, size_t columns)
{
    madd_rows(y, codes, q, q_sum, rows, columns, QK_HINT_NONE);
}
