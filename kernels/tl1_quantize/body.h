/* SPDX-License-Identifier: MIT */
/*
 * The 2-bit quantisers tl1_quantize and tl2_quantize, which differ in their block and levels. A level is
 * chosen by comparing v with the midpoints of neighbouring levels: code = how many midpoints lie below v. A
 * midpoint of two f32 may need one bit more than an f32 has. So the table holds the largest f32 that is not
 * above it; v > midpoint decides the same. A v on the midpoint itself (only 0 can be) takes the lower code.
 */
#pragma once

#include "kernels/rows/tails.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

struct tl {
    size_t block;
    float midpoint[3];
};

#define TL1 ((const struct tl){64, {-0x1.547ae2p-1f, 0.0f, 0x1.547aep-1f}})
#define TL2 ((const struct tl){128, {-0x1.99999cp-1f, 0.0f, 0x1.99999ap-1f}})

/* From the bits of the block's largest |x|; NaN when that is infinite or NaN. */
static inline float tl_scale(uint32_t bits)
{
    float most;
    memcpy(&most, &bits, sizeof most);
    if (bits >= 0x7f800000u)
        return NAN;
    return most > 1e-8f ? most / 1.5f : 1.0f;
}

static inline unsigned tl_code(float v, struct tl tl)
{
    return (v > tl.midpoint[0]) + (v > tl.midpoint[1]) + (unsigned)(v > tl.midpoint[2]);
}

#define QK_TL_SCALAR(name, tl)                                                                               \
    void name(uint8_t *restrict codes, float *restrict scale, const float *restrict x, size_t n)             \
    {                                                                                                        \
        for (size_t i = 0; i < n; i += tl.block)                                                             \
            scale[i / tl.block] = tl_block(codes + i / 4, x + i, n - i < tl.block ? n - i : tl.block, tl);   \
    }

static inline float tl_block(uint8_t *codes, const float *x, size_t n, const struct tl tl)
{
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffffu;
        most = bits > most ? bits : most; /* the order of the values, NaN above all */
    }
    const float scale = tl_scale(most);
    for (size_t i = 0; i < n; i++) {
        const unsigned code = tl_code(x[i] / scale, tl) << 2 * (i % 4);
        codes[i / 4] = (uint8_t)(i % 4 ? codes[i / 4] | code : code);
    }
    return scale;
}

#if defined __AVX2__
#include <immintrin.h>

enum { TL_STEP = 32 };

static inline uint32_t tl_largest_avx2(const float *x, size_t n)
{
    const __m256i value = _mm256_set1_epi32(0x7fffffff);
    __m256i most = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        most = _mm256_max_epu32(
            most, _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(const void *)(x + i)), value));
    __m128i four = _mm_max_epu32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xb1));
    uint32_t all = (uint32_t)_mm_cvtsi128_si32(four);
    for (; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffffu;
        all = bits > all ? bits : all;
    }
    return all;
}

static inline __m256i tl_codes8(const float *x, __m256 scale, const struct tl tl)
{
    const __m256 v = _mm256_div_ps(_mm256_loadu_ps(x), scale);
    __m256i code = _mm256_setzero_si256();
    for (int j = 0; j < 3; j++) /* a true comparison is -1 */
        code = _mm256_sub_epi32(
            code, _mm256_castps_si256(_mm256_cmp_ps(v, _mm256_set1_ps(tl.midpoint[j]), _CMP_GT_OQ)));
    return code;
}

/* 32 elements: eight bytes. */
static inline uint64_t tl_step(const float *x, __m256 scale, const struct tl tl)
{
    const __m256i a = _mm256_packs_epi32(tl_codes8(x, scale, tl), tl_codes8(x + 8, scale, tl));
    const __m256i b = _mm256_packs_epi32(tl_codes8(x + 16, scale, tl), tl_codes8(x + 24, scale, tl));
    /* Dword j of a half holds four neighbouring codes; two multiply-adds make one byte's value of them. */
    const __m256i two = _mm256_maddubs_epi16(_mm256_packs_epi16(a, b), _mm256_set1_epi16(0x0401));
    const __m256i byte = _mm256_madd_epi16(two, _mm256_set1_epi32(0x00100001));
    /* Packing worked within each half: bytes 0 2 4 6 lie in the lower one, 1 3 5 7 in the upper one. */
    const __m256i pick = _mm256_shuffle_epi8(byte, _mm256_setr_epi8(0, -1, 4, -1, 8, -1, 12, -1, -1, -1, -1,
                                                                    -1, -1, -1, -1, -1, -1, 0, -1, 4, -1, 8,
                                                                    -1, 12, -1, -1, -1, -1, -1, -1, -1, -1));
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_or_si128(_mm256_castsi256_si128(pick), _mm256_extracti128_si256(pick, 1)));
}

static inline float tl_block_avx2(uint8_t *codes, const float *x, size_t n, const struct tl tl)
{
    const float scale = tl_scale(tl_largest_avx2(x, n));
    const __m256 s = _mm256_set1_ps(scale);
    size_t i = 0;
    for (; i + TL_STEP <= n; i += TL_STEP) {
        const uint64_t bytes = tl_step(x + i, s, tl);
        memcpy(codes + i / 4, &bytes, sizeof bytes);
    }
    if (i < n) {
        float rest[TL_STEP];
        QK_CLEAR(rest, TL_STEP);
        QK_COPY(rest, x + i, n - i);
        const uint64_t bytes = tl_step(rest, s, tl) & (((uint64_t)1 << 2 * (n - i)) - 1);
        for (size_t b = 0; b < (n - i + 3) / 4; b++)
            codes[i / 4 + b] = (uint8_t)(bytes >> 8 * b);
    }
    return scale;
}

#define QK_TL_AVX2(name, tl)                                                                                 \
    void name(uint8_t *restrict codes, float *restrict scale, const float *restrict x, size_t n)             \
    {                                                                                                        \
        for (size_t i = 0; i < n; i += tl.block)                                                             \
            scale[i / tl.block] =                                                                            \
                tl_block_avx2(codes + i / 4, x + i, n - i < tl.block ? n - i : tl.block, tl);                \
    }
#endif
