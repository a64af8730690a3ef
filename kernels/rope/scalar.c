/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of rope. */
#include "kernels/rope/op.h"

void qk_rope_scalar(float *restrict out, const float *restrict x, const float *restrict cosine,
                    const float *restrict sine, size_t heads, size_t half)
{
    for (size_t h = 0; h < heads; h++, out += 2 * half, x += 2 * half)
        for (size_t j = 0; j < half; j++) {
            const float u = x[j], v = x[j + half];
            out[j] = u * cosine[j] - v * sine[j];
            out[j + half] = u * sine[j] + v * cosine[j];
        }
}
