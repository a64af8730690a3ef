/* SPDX-License-Identifier: MIT */
/*
 * exp(x) for x <= 0. Scalar, AVX2 and AVX-512 code do the same operations in the same order, so they give the
 * same bits.
 *
 * The method:
 *
 *    - x = n ln 2 + r with |r| <= ln(2) / 2. Adding and subtracting 1.5 * 2^23 rounds n.
 *    - ln 2 has two parts. The first has so few bits that n times it is exact (Cody and Waite, "Software
 *      Manual for the Elementary Functions", 1980).
 *    - exp(r) = 1 + r + r^2 p(r). p has degree 4; the Remez exchange on the relative error gave it (own
 *      computation: 3.1e-9).
 *    - The exponent bits give 2^n.
 *    - There is no fused multiply-add, because the level BASE has none.
 *
 * The error is below 1 unit in the last place for all floats in [-87, 0] (own measurement, of every one of
 * them). 0 and -0 give 1. Below -87 the result is 0, where the true value is under 1.7e-38. NaN stays NaN. x
 * > 0 is not covered.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#define QK_EXP_LOWEST (-87.0f)
#define QK_EXP_LOG2E  0x1.715476p+0f
#define QK_EXP_ROUND  0x1.8p23f
#define QK_EXP_LN2_HI 0x1.63p-1f
#define QK_EXP_LN2_LO (-0x1.bd0106p-13f)
#define QK_EXP_C2     0.499999934478f
#define QK_EXP_C3     0.166665206317f
#define QK_EXP_C4     0.0416683880453f
#define QK_EXP_C5     0.00836871687973f
#define QK_EXP_C6     0.00138145986467f

static inline float qk_exp(float x)
{
    const float shifted = x * QK_EXP_LOG2E + QK_EXP_ROUND;
    const float n = shifted - QK_EXP_ROUND;
    const float r = (x - n * QK_EXP_LN2_HI) - n * QK_EXP_LN2_LO;
    float p = QK_EXP_C6, power;
    uint32_t bits;
    p = p * r + QK_EXP_C5;
    p = p * r + QK_EXP_C4;
    p = p * r + QK_EXP_C3;
    p = p * r + QK_EXP_C2;
    p = p * (r * r) + r + 1.0f;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + 0x3f800000u; /* the low bits of `shifted` are n; 127 is the exponent's bias */
    memcpy(&power, &bits, sizeof power);
    return x < QK_EXP_LOWEST ? 0.0f : p * power;
}

#if defined __AVX2__
#include <immintrin.h>

static inline __m256 qk_exp_avx2(__m256 x)
{
    const __m256 round = _mm256_set1_ps(QK_EXP_ROUND);
    const __m256 shifted = _mm256_add_ps(_mm256_mul_ps(x, _mm256_set1_ps(QK_EXP_LOG2E)), round);
    const __m256 n = _mm256_sub_ps(shifted, round);
    const __m256 r = _mm256_sub_ps(_mm256_sub_ps(x, _mm256_mul_ps(n, _mm256_set1_ps(QK_EXP_LN2_HI))),
                                   _mm256_mul_ps(n, _mm256_set1_ps(QK_EXP_LN2_LO)));
    __m256 p = _mm256_set1_ps(QK_EXP_C6);
    p = _mm256_add_ps(_mm256_mul_ps(p, r), _mm256_set1_ps(QK_EXP_C5));
    p = _mm256_add_ps(_mm256_mul_ps(p, r), _mm256_set1_ps(QK_EXP_C4));
    p = _mm256_add_ps(_mm256_mul_ps(p, r), _mm256_set1_ps(QK_EXP_C3));
    p = _mm256_add_ps(_mm256_mul_ps(p, r), _mm256_set1_ps(QK_EXP_C2));
    p = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(p, _mm256_mul_ps(r, r)), r), _mm256_set1_ps(1.0f));
    const __m256i power =
        _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23), _mm256_set1_epi32(0x3f800000));
    const __m256 below = _mm256_cmp_ps(x, _mm256_set1_ps(QK_EXP_LOWEST), _CMP_LT_OQ);
    return _mm256_andnot_ps(below, _mm256_mul_ps(p, _mm256_castsi256_ps(power)));
}
#endif

#if defined __AVX512F__
static inline __m512 qk_exp_avx512(__m512 x)
{
    const __m512 round = _mm512_set1_ps(QK_EXP_ROUND);
    const __m512 shifted = _mm512_add_ps(_mm512_mul_ps(x, _mm512_set1_ps(QK_EXP_LOG2E)), round);
    const __m512 n = _mm512_sub_ps(shifted, round);
    const __m512 r = _mm512_sub_ps(_mm512_sub_ps(x, _mm512_mul_ps(n, _mm512_set1_ps(QK_EXP_LN2_HI))),
                                   _mm512_mul_ps(n, _mm512_set1_ps(QK_EXP_LN2_LO)));
    __m512 p = _mm512_set1_ps(QK_EXP_C6);
    p = _mm512_add_ps(_mm512_mul_ps(p, r), _mm512_set1_ps(QK_EXP_C5));
    p = _mm512_add_ps(_mm512_mul_ps(p, r), _mm512_set1_ps(QK_EXP_C4));
    p = _mm512_add_ps(_mm512_mul_ps(p, r), _mm512_set1_ps(QK_EXP_C3));
    p = _mm512_add_ps(_mm512_mul_ps(p, r), _mm512_set1_ps(QK_EXP_C2));
    p = _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(p, _mm512_mul_ps(r, r)), r), _mm512_set1_ps(1.0f));
    const __m512i power =
        _mm512_add_epi32(_mm512_slli_epi32(_mm512_castps_si512(shifted), 23), _mm512_set1_epi32(0x3f800000));
    const __mmask16 inside = _mm512_cmp_ps_mask(x, _mm512_set1_ps(QK_EXP_LOWEST), _CMP_NLT_UQ);
    return _mm512_maskz_mul_ps(inside, p, _mm512_castsi512_ps(power));
}
#endif
