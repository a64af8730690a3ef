/* SPDX-License-Identifier: MIT */
/*
 * Eight elements a step. For NaN the maximum returns its second operand, so gate stands there. For: any AVX2
 * CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/relu2_mul/op.h"

#include <immintrin.h>

void qk_relu2_mul_avx2(float *restrict out, const float *restrict gate, const float *restrict up, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 t = _mm256_max_ps(_mm256_setzero_ps(), _mm256_loadu_ps(gate + i));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_mul_ps(t, t), _mm256_loadu_ps(up + i)));
    }
    for (; i < n; i++) {
        const float t = _mm_cvtss_f32(_mm_max_ss(_mm_setzero_ps(), _mm_load_ss(gate + i)));
        out[i] = t * t * up[i];
    }
}
