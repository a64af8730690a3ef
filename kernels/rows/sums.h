/* SPDX-License-Identifier: MIT */
/*
 * Sums of f32 terms, defined to the last bit, so that every variant gives the same result on every machine.
 *
 *    - Term i goes to partial sum i mod 64, in ascending i. Each partial sum starts at +0.
 *    - Then the upper half of the partial sums is added to the lower half: 64 to 32, to 16 and so on to 1.
 *    - Products are rounded before they are added, because the level BASE has no fused multiply-add.
 *
 * 64 is four vectors of sixteen, enough chains to hide an add's latency at AVX-512. At AVX2 it is eight
 * vectors.
 *
 * The error against the exact sum of n terms t is at most g * sum |t|, with g = k u / (1 - k u) and u =
 * 2^-24. k is the number of roundings: ceil(n / 64) + 6 additions, and 1 more for the product (Higham,
 * "Accuracy and Stability of Numerical Algorithms", 2nd ed., ch. 3 and 4). Where a result is NaN, its payload
 * is free.
 */
#pragma once

#include <stddef.h>

enum { QK_SUMS = 64 };

static inline float qk_fold(float *partial)
{
    for (size_t half = QK_SUMS / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            partial[j] += partial[j + half];
    return partial[0];
}

#if defined __AVX2__
#include <immintrin.h>

static inline float qk_fold8(__m256 eight)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}

static inline float qk_fold_avx2(const __m256 *s)
{
    const __m256 a = _mm256_add_ps(s[0], s[4]), b = _mm256_add_ps(s[1], s[5]), c = _mm256_add_ps(s[2], s[6]),
                 d = _mm256_add_ps(s[3], s[7]);
    return qk_fold8(_mm256_add_ps(_mm256_add_ps(a, c), _mm256_add_ps(b, d)));
}
#endif

#if defined __AVX512F__
static inline float qk_fold_avx512(const __m512 *s)
{
    const __m512 all = _mm512_add_ps(_mm512_add_ps(s[0], s[2]), _mm512_add_ps(s[1], s[3]));
    return qk_fold8(_mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1)));
}
#endif
