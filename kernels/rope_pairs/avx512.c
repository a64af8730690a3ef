/* SPDX-License-Identifier: MIT */
/* Eight pairs a step; masks do the tail. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/rope_pairs/op.h"
#include "kernels/rows/ordered_dot.h"

/* The first of eight values, each twice. */
static __m512 twice(const float *eight, size_t left)
{
    const __m512i from = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    return _mm512_permutexvar_ps(from, _mm512_maskz_loadu_ps(qk_first16(left < 8 ? left : 8), eight));
}

void qk_rope_pairs_avx512(float *restrict out, const float *restrict x, const float *restrict cosine,
                          const float *restrict sine, size_t heads, size_t half)
{
    const __mmask16 even = 0x5555;
    for (size_t h = 0; h < heads; h++, out += 2 * half, x += 2 * half)
        for (size_t j = 0; j < half; j += 8) {
            const __mmask16 some = qk_first16(2 * (half - j));
            const __m512 pairs = _mm512_maskz_loadu_ps(some, x + 2 * j);
            const __m512 c = _mm512_mul_ps(pairs, twice(cosine + j, half - j));
            const __m512 s = _mm512_mul_ps(_mm512_permute_ps(pairs, 0xb1), twice(sine + j, half - j));
            _mm512_mask_storeu_ps(out + 2 * j, some, _mm512_mask_sub_ps(_mm512_add_ps(c, s), even, c, s));
        }
}
