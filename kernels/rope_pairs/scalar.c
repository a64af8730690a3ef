/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of rope_pairs. */
#include "kernels/rope_pairs/op.h"

void qk_rope_pairs_scalar(float *restrict out, const float *restrict x, const float *restrict cosine,
                          const float *restrict sine, size_t heads, size_t half)
{
    for (size_t h = 0; h < heads; h++, out += 2 * half, x += 2 * half)
        for (size_t j = 0; j < half; j++) {
            const float u = x[2 * j], v = x[2 * j + 1];
            out[2 * j] = u * cosine[j] - v * sine[j];
            out[2 * j + 1] = u * sine[j] + v * cosine[j];
        }
}
