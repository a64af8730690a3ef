/* SPDX-License-Identifier: MIT */
/* Eight elements a step. Limit: stores. For: AVX2 CPUs. Source: own. */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/scale_i32/op.h"

#include <immintrin.h>

void qk_scale_i32_avx2(float *restrict out, const int32_t *restrict sum, float scale, size_t n)
{
    const __m256 factor = _mm256_set1_ps(scale);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256i eight = _mm256_loadu_si256((const __m256i *)(sum + i));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_cvtepi32_ps(eight), factor));
    }
    for (; i < n; i++)
        out[i] = (float)sum[i] * scale;
}
