/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: lanes are rows. So four activations are broadcast to all of them, and nothing is summed
 * across lanes.
 *
 *    - Two of the four fields are left in place, where they are worth 1 and 4 times their code. The other two
 *      are shifted down by four bits to the same places. That takes one shift instead of three.
 *    - Each worth has its own narrow sum. A pair of products is at most 768 times the worth, and a unit adds
 *      two pairs. So the sum of worth 4 could be widened every five units (30720), the other every twenty.
 *
 * For: any AVX2 CPU. 128 codes take 13 vector operations and 0.6 for the widening. The published order needs
 * 15, a tenth of two, and a sum across lanes per row. Zen 5 does four such operations a cycle: a loop of this
 * mix, not in the tree, measured 4.00. That gives 3.40 cycles (3.48 measured from L2). The published order
 * takes 4.12, which is 1.18 to 1.20 times as long. More than 1.27 times cannot be had even without widening:
 * each field needs a mask, a multiplication and an addition, and only one shift is left. Source: own.
 */
#ifndef __AVX2__
#error "avx2_madd.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemv/avx2_madd.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx2_madd(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                             int32_t q_sum, size_t rows, size_t columns)
{
    madd_rows(y, codes, q, q_sum, rows, columns, QK_HINT_WALK);
}
