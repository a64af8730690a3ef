/* SPDX-License-Identifier: MIT */
/* Four pairs a step: x times cosine, and x with its pairs exchanged times sine. For: any AVX2 CPU. */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/rope_pairs/op.h"

#include <immintrin.h>

/* Four values, each twice. */
static __m256 twice(const float *four)
{
    const __m256i from = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(four)), from);
}

static void rotate(float *out, const float *x, const float *cosine, const float *sine, size_t half)
{
    size_t j = 0;
    for (; j + 4 <= half; j += 4) {
        const __m256 pairs = _mm256_loadu_ps(x + 2 * j), exchanged = _mm256_permute_ps(pairs, 0xb1);
        _mm256_storeu_ps(out + 2 * j, _mm256_addsub_ps(_mm256_mul_ps(pairs, twice(cosine + j)),
                                                       _mm256_mul_ps(exchanged, twice(sine + j))));
    }
    for (; j < half; j++) {
        const float u = x[2 * j], v = x[2 * j + 1];
        out[2 * j] = u * cosine[j] - v * sine[j];
        out[2 * j + 1] = u * sine[j] + v * cosine[j];
    }
}

void qk_rope_pairs_avx2(float *restrict out, const float *restrict x, const float *restrict cosine,
                        const float *restrict sine, size_t heads, size_t half)
{
    for (size_t h = 0; h < heads; h++)
        rotate(out + 2 * half * h, x + 2 * half * h, cosine, sine, half);
}
