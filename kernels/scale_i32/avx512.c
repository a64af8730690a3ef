/* SPDX-License-Identifier: MIT */
/* Sixteen elements a step; masks do the tail. Limit: stores. For: AVX-512 CPUs. Source: own. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/rows/ordered_dot.h"
#include "kernels/scale_i32/op.h"

void qk_scale_i32_avx512(float *restrict out, const int32_t *restrict sum, float scale, size_t n)
{
    const __m512 factor = _mm512_set1_ps(scale);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 some = qk_first16(n - i);
        const __m512 sixteen = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(some, sum + i));
        _mm512_mask_storeu_ps(out + i, some, _mm512_mul_ps(sixteen, factor));
    }
}
