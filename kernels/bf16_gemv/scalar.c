/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of bf16_gemv. */
#include "kernels/bf16_gemv/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_bf16_gemv_scalar(float *restrict y, const uint16_t *restrict w, const float *restrict x, size_t rows,
                         size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = qk_dot_bf16(w + r * columns, x, columns);
}
