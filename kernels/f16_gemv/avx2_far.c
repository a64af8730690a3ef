/* SPDX-License-Identifier: MIT */
/* As avx2, with each line asked for twice: 16 KiB ahead into L2, 4 KiB ahead into L1 (rows/hints.h). */
#ifndef __AVX2__
#error "avx2_far.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/f16_gemv/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_f16_gemv_avx2_far(float *restrict y, const uint16_t *restrict w, const float *restrict x, size_t rows,
                          size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] =
            qk_dot_f16_avx2_hinted(w + r * columns, x, columns, QK_HINT_LINES | QK_HINT_FAR | QK_HINT_WALK);
}
