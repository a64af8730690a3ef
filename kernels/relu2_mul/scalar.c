/* SPDX-License-Identifier: MIT */
/*
 * The reference: defines the result of relu2_mul. The comparison becomes a mask, because the processor cannot
 * predict a branch on the sign of an activation.
 */
#include "kernels/relu2_mul/op.h"

#include <string.h>

void qk_relu2_mul_scalar(float *restrict out, const float *restrict gate, const float *restrict up, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        float t;
        memcpy(&bits, &gate[i], sizeof bits);
        bits &= 0u - (uint32_t) !(gate[i] < 0.0f); /* 0 where negative; NaN is not less and stays */
        memcpy(&t, &bits, sizeof t);
        out[i] = t * t * up[i];
    }
}
