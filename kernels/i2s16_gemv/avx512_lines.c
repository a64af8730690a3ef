/* SPDX-License-Identifier: MIT */
/* As avx512_mask, with hints for lines alone. Source: own. */
#ifndef __AVX512VNNI__
#error "avx512_lines.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/avx512_mask.h"
#include "kernels/i2s16_gemv/op.h"

void qk_i2s16_gemv_avx512_lines(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                                int32_t q_sum, size_t rows, size_t columns)
{
    mask_rows(y, codes, q, q_sum, rows, columns, QK_HINT_LINES);
}
