/* SPDX-License-Identifier: MIT */
/* Eight elements a step. For: AVX2 CPUs. */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/rows/exp.h"
#include "kernels/silu_mul/op.h"

#include <math.h>

void qk_silu_mul_avx2(float *restrict out, const float *restrict gate, const float *restrict up, size_t n)
{
    const __m256 sign = _mm256_set1_ps(-0.0f), one = _mm256_set1_ps(1.0f);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 g = _mm256_loadu_ps(gate + i), e = qk_exp_avx2(_mm256_or_ps(g, sign));
        const __m256 below = _mm256_cmp_ps(g, _mm256_setzero_ps(), _CMP_LT_OQ);
        const __m256 part = _mm256_div_ps(_mm256_blendv_ps(one, e, below), _mm256_add_ps(one, e));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_mul_ps(g, part), _mm256_loadu_ps(up + i)));
    }
    for (; i < n; i++) {
        const float e = qk_exp(-fabsf(gate[i]));
        out[i] = gate[i] * ((gate[i] < 0.0f ? e : 1.0f) / (1.0f + e)) * up[i];
    }
}
