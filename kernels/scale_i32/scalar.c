/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of scale_i32, element by element. */
#include "kernels/scale_i32/op.h"

void qk_scale_i32_scalar(float *restrict out, const int32_t *restrict sum, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)sum[i] * scale;
}
