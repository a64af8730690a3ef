/* SPDX-License-Identifier: MIT */
/* As avx2, with each line asked for 3 KiB ahead instead, into L2 (rows/hints.h). */
#ifndef __AVX2__
#error "avx2_l2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/f16_gemv/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_f16_gemv_avx2_l2(float *restrict y, const uint16_t *restrict w, const float *restrict x, size_t rows,
                         size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = qk_dot_f16_avx2_hinted(w + r * columns, x, columns, QK_HINT_L2);
}
