/* SPDX-License-Identifier: MIT */
/* What the variants of rmsnorm share: from the sum of squares to the factor of the row. */
#pragma once

#include "kernels/rmsnorm/op.h"

#if defined __SSE2__
#include <emmintrin.h>
#else
#include <math.h>
#endif

enum { RMSNORM_SUMS = 32 };

/*
 * Uses the instruction where there is one, because the function in libm may set errno. Both round correctly.
 */
static inline float rmsnorm_root(float value)
{
#if defined __SSE2__
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(value)));
#else
    return sqrtf(value);
#endif
}

static inline float rmsnorm_factor(double sum, size_t n, float epsilon)
{
    return 1.0f / rmsnorm_root((float)(sum / (double)n) + epsilon);
}
