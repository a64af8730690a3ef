/* SPDX-License-Identifier: MIT */
/*
 * What the compiler alone achieves: the reference's source with the auto-vectoriser on, at AVX-512 with
 * 512-bit vectors preferred.
 */
#ifndef __AVX512F__
#error "autovec_v4.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/f32_dot/scalar_body.h"

void qk_f32_dot_autovec_v4(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    out[0] = dot(a, b, n);
}
