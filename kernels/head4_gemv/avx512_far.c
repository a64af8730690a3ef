/* SPDX-License-Identifier: MIT */
/* As avx512, with each line asked for twice: 16 KiB ahead into L2, 4 KiB ahead into L1 (rows/hints.h). */
#ifndef __AVX512VNNI__
#error "avx512_far.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/head4_gemv/avx512.h"
#include "kernels/head4_gemv/op.h"

void qk_head4_gemv_avx512_far(float *restrict y, const uint8_t *restrict codes,
                              const uint16_t *restrict scale, const int8_t *restrict q,
                              const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                              size_t columns)
{
    head4_rows(y, codes, scale, q, bias, x_scale, rows, columns, QK_HINT_LINES | QK_HINT_FAR | QK_HINT_WALK);
}
