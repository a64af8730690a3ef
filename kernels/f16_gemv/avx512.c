/* SPDX-License-Identifier: MIT */
/* As avx2 with sixteen lanes and four accumulators. Masked loads do the tail. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/f16_gemv/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_f16_gemv_avx512(float *restrict y, const uint16_t *restrict w, const float *restrict x, size_t rows,
                        size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = qk_dot_f16_avx512_hinted(w + r * columns, x, columns, QK_HINT_LINES | QK_HINT_WALK);
}
