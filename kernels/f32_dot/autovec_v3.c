/* SPDX-License-Identifier: MIT */
/* What the compiler alone achieves: the reference's source with the auto-vectoriser on, at AVX2. */
#ifndef __AVX2__
#error "autovec_v3.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/f32_dot/scalar_body.h"

void qk_f32_dot_autovec_v3(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    out[0] = dot(a, b, n);
}
