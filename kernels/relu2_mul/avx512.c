/* SPDX-License-Identifier: MIT */
/* Sixteen elements a step; masks do the tail. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/relu2_mul/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_relu2_mul_avx512(float *restrict out, const float *restrict gate, const float *restrict up, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 some = qk_first16(n - i);
        const __m512 t = _mm512_max_ps(_mm512_setzero_ps(), _mm512_maskz_loadu_ps(some, gate + i));
        _mm512_mask_storeu_ps(out + i, some,
                              _mm512_mul_ps(_mm512_mul_ps(t, t), _mm512_maskz_loadu_ps(some, up + i)));
    }
}
