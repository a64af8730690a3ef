/* SPDX-License-Identifier: MIT */
/* As avx2_madd, with each line asked for twice: 16 KiB ahead into L2, 4 KiB ahead into L1 (rows/hints.h). */
#ifndef __AVX2__
#error "avx2_far.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemv/avx2_madd.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx2_far(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                            int32_t q_sum, size_t rows, size_t columns)
{
    madd_rows(y, codes, q, q_sum, rows, columns, QK_HINT_LINES | QK_HINT_FAR | QK_HINT_WALK);
}
