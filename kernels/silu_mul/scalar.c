/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of silu_mul. */
#include "kernels/rows/exp.h"
#include "kernels/silu_mul/op.h"

#include <math.h>

void qk_silu_mul_scalar(float *restrict out, const float *restrict gate, const float *restrict up, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float e = qk_exp(-fabsf(gate[i]));
        out[i] = gate[i] * ((gate[i] < 0.0f ? e : 1.0f) / (1.0f + e)) * up[i];
    }
}
