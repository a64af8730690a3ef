/* SPDX-License-Identifier: MIT */
/* Eight pairs a step. For: any AVX2 CPU. */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/rope/op.h"

#include <immintrin.h>

static void rotate(float *out, const float *x, const float *cosine, const float *sine, size_t half)
{
    size_t j = 0;
    for (; j + 8 <= half; j += 8) {
        const __m256 u = _mm256_loadu_ps(x + j), v = _mm256_loadu_ps(x + j + half);
        const __m256 c = _mm256_loadu_ps(cosine + j), s = _mm256_loadu_ps(sine + j);
        _mm256_storeu_ps(out + j, _mm256_sub_ps(_mm256_mul_ps(u, c), _mm256_mul_ps(v, s)));
        _mm256_storeu_ps(out + j + half, _mm256_add_ps(_mm256_mul_ps(u, s), _mm256_mul_ps(v, c)));
    }
    for (; j < half; j++) {
        const float u = x[j], v = x[j + half];
        out[j] = u * cosine[j] - v * sine[j];
        out[j + half] = u * sine[j] + v * cosine[j];
    }
}

void qk_rope_avx2(float *restrict out, const float *restrict x, const float *restrict cosine,
                  const float *restrict sine, size_t heads, size_t half)
{
    for (size_t h = 0; h < heads; h++)
        rotate(out + 2 * half * h, x + 2 * half * h, cosine, sine, half);
}
