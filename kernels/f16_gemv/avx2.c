/* SPDX-License-Identifier: MIT */
/*
 * One instruction widens eight weights; there are eight accumulators. Rows are read one after the other: one
 * linear stream, which memory serves fastest. For: any AVX2 CPU with F16C.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/f16_gemv/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_f16_gemv_avx2(float *restrict y, const uint16_t *restrict w, const float *restrict x, size_t rows,
                      size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = qk_dot_f16_avx2_hinted(w + r * columns, x, columns, QK_HINT_WALK);
}
