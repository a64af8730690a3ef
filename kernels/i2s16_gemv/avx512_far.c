/* SPDX-License-Identifier: MIT */
/* As avx512_mask, with each line asked for twice: 16 KiB ahead into L2, 4 KiB into L1 (rows/hints.h). */
#ifndef __AVX512VNNI__
#error "avx512_far.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/avx512_mask.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx512_far(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              int32_t q_sum, size_t rows, size_t columns)
{
    mask_rows(y, codes, q, q_sum, rows, columns, QK_HINT_LINES | QK_HINT_FAR | QK_HINT_WALK);
}
