/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of i8_gemv. */
#include "kernels/i8_gemv/op.h"

void qk_i8_gemv_scalar(float *restrict y, const int8_t *restrict w, const int8_t *restrict q,
                       const float *restrict scale, const float *restrict x_scale, size_t rows,
                       size_t columns)
{
    for (size_t r = 0; r < rows; r++, w += columns) {
        int32_t sum = 0;
        for (size_t c = 0; c < columns; c++)
            sum += w[c] * q[c];
        y[r] = (float)sum * (scale[r] * x_scale[0]);
    }
}
