/* SPDX-License-Identifier: MIT */
/* Sixteen elements a step; masks do the tail. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/rows/exp.h"
#include "kernels/rows/ordered_dot.h"
#include "kernels/silu_mul/op.h"

void qk_silu_mul_avx512(float *restrict out, const float *restrict gate, const float *restrict up, size_t n)
{
    const __m512 sign = _mm512_set1_ps(-0.0f), one = _mm512_set1_ps(1.0f);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 some = qk_first16(n - i);
        const __m512 g = _mm512_maskz_loadu_ps(some, gate + i), e = qk_exp_avx512(_mm512_or_ps(g, sign));
        const __mmask16 below = _mm512_cmp_ps_mask(g, _mm512_setzero_ps(), _CMP_LT_OQ);
        const __m512 part = _mm512_div_ps(_mm512_mask_blend_ps(below, one, e), _mm512_add_ps(one, e));
        _mm512_mask_storeu_ps(out + i, some,
                              _mm512_mul_ps(_mm512_mul_ps(g, part), _mm512_maskz_loadu_ps(some, up + i)));
    }
}
