/* SPDX-License-Identifier: MIT */
/*
 * A widening and a shift make f32 of eight weights; there are eight accumulators. Rows are read one after
 * the other: one linear stream, which memory serves fastest. For: any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/bf16_gemv/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_bf16_gemv_avx2(float *restrict y, const uint16_t *restrict w, const float *restrict x, size_t rows,
                       size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = qk_dot_bf16_avx2(w + r * columns, x, columns);
}
