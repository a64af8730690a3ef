/* SPDX-License-Identifier: MIT */
/* The reference: plain C without the vectoriser. Correct within dot.h's bound, to which it is held itself. */
#include "kernels/f32_dot/scalar_body.h"

void qk_f32_dot_scalar(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    out[0] = dot(a, b, n);
}
