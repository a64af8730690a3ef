/* SPDX-License-Identifier: MIT */
/* Sixteen pairs a step; masks do the tail. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/rope/op.h"
#include "kernels/rows/ordered_dot.h"

void qk_rope_avx512(float *restrict out, const float *restrict x, const float *restrict cosine,
                    const float *restrict sine, size_t heads, size_t half)
{
    for (size_t h = 0; h < heads; h++, out += 2 * half, x += 2 * half)
        for (size_t j = 0; j < half; j += 16) {
            const __mmask16 some = qk_first16(half - j);
            const __m512 u = _mm512_maskz_loadu_ps(some, x + j),
                         v = _mm512_maskz_loadu_ps(some, x + j + half);
            const __m512 c = _mm512_maskz_loadu_ps(some, cosine + j),
                         s = _mm512_maskz_loadu_ps(some, sine + j);
            _mm512_mask_storeu_ps(out + j, some, _mm512_sub_ps(_mm512_mul_ps(u, c), _mm512_mul_ps(v, s)));
            _mm512_mask_storeu_ps(out + j + half, some,
                                  _mm512_add_ps(_mm512_mul_ps(u, s), _mm512_mul_ps(v, c)));
        }
}
