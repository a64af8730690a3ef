/* SPDX-License-Identifier: MIT */
/* The reference: plain C without the vectoriser. It too is held to dot.h's bound. */
#include "kernels/f32_dot/scalar_body.h"

void qk_f32_dot_scalar(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    out[0] = dot(a, b, n);
}
