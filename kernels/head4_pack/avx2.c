/* SPDX-License-Identifier: MIT */
/*
 * Eight columns a step, and the scales of eight blocks at once: conversion and division take long, and the
 * codes of a block wait for them. Limit: operations. For: AVX2 CPUs. Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/head4_pack/op.h"
#include "kernels/head4_pack/unit.h"
#include "kernels/layout.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>

enum { LANES = HEAD4_LANES, TOGETHER = 8 };

/* Scales of a few blocks, and what multiplies their weights. */
struct scales {
    float scale[TOGETHER], inverse[TOGETHER];
    uint16_t half[TOGETHER];
};

static inline __attribute__((always_inline)) __m256i sizes(const float *w)
{
    return _mm256_and_si256(_mm256_loadu_si256((const __m256i *)w), _mm256_set1_epi32(0x7fffffff));
}

/* As integers, so that of what is not finite something not finite stays. */
static inline __attribute__((always_inline)) uint32_t largest(__m256i most)
{
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, _MM_SHUFFLE(1, 0, 3, 2)));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, _MM_SHUFFLE(2, 3, 0, 1)));
    return (uint32_t)_mm_cvtsi128_si32(m);
}

static inline __attribute__((always_inline)) __m256i most_of_block(const float *w)
{
    return _mm256_max_epi32(_mm256_max_epi32(sizes(w), sizes(w + LANES)),
                            _mm256_max_epi32(sizes(w + 2 * LANES), sizes(w + 3 * LANES)));
}

static inline void scale_blocks(struct scales *to, const float *w, size_t blocks, __m256 by)
{
    uint32_t most[TOGETHER] = {0};
    for (size_t b = 0; b < blocks; b++)
        most[b] = largest(most_of_block(w + b * HEAD4_BLOCK));
    const __m256 x = _mm256_mul_ps(_mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)most)), by);
    const __m256 some = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ);
    const __m256i mask = _mm256_castps_si256(some);
    /* 1, the smallest f16, where something is */
    const __m128i least =
        _mm_abs_epi16(_mm_packs_epi32(_mm256_castsi256_si128(mask), _mm256_extracti128_si256(mask, 1)));
    const __m128i half = _mm_max_epi16(
        _mm256_cvtps_ph(_mm256_mul_ps(x, _mm256_set1_ps(0x1p-7f)), _MM_FROUND_TO_NEAREST_INT), least);
    const __m256 scale = _mm256_cvtph_ps(half);
    _mm_storeu_si128((__m128i *)to->half, half);
    _mm256_storeu_ps(to->scale, scale);
    _mm256_storeu_ps(to->inverse, _mm256_and_ps(_mm256_div_ps(_mm256_set1_ps(1), scale), some));
}

/* Of two vectors of a block: their codes, and a^2 + b^2 of each of the three. */
static inline __attribute__((always_inline)) __m256i code_pair(__m256 *squares, const float *w, __m256 by,
                                                               __m256 scale, __m256 inverse)
{
    __m256 square[2][HEAD4_SQUARES];
    __m256i c[2];
    QK_UNROLLED
    for (int i = 0; i < 2; i++) {
        const __m256 x = _mm256_mul_ps(_mm256_loadu_ps(w + i * LANES), by);
        const __m256 raised = _mm256_add_ps(_mm256_mul_ps(x, inverse), _mm256_set1_ps(128));
        c[i] = _mm256_max_epi32(_mm256_cvttps_epi32(raised), _mm256_setzero_si256());
        c[i] = _mm256_min_epi32(c[i], _mm256_set1_epi32(255));
        const __m256 both = _mm256_sub_ps(_mm256_cvtepi32_ps(c[i]), _mm256_set1_ps(127.5f));
        const __m256i high = _mm256_and_si256(c[i], _mm256_set1_epi32(~15));
        const __m256 coarse = _mm256_sub_ps(_mm256_cvtepi32_ps(high), _mm256_set1_ps(120));
        const __m256 rest[HEAD4_SQUARES] = {x, _mm256_sub_ps(x, _mm256_mul_ps(scale, coarse)),
                                            _mm256_sub_ps(x, _mm256_mul_ps(scale, both))};
        QK_UNROLLED
        for (int j = 0; j < HEAD4_SQUARES; j++)
            square[i][j] = _mm256_mul_ps(rest[j], rest[j]);
    }
    QK_UNROLLED
    for (int j = 0; j < HEAD4_SQUARES; j++)
        squares[j] = _mm256_add_ps(square[0][j], square[1][j]);
    return _mm256_packus_epi32(c[0], c[1]);
}

/* Four dwords to the same place of four units. */
static inline __attribute__((always_inline)) void place(uint8_t *to, __m128i dwords)
{
    _mm_storeu_si32(to, dwords);
    _mm_storeu_si32(to + HEAD4_UNIT_BYTES, _mm_srli_si128(dwords, 4));
    _mm_storeu_si32(to + 2 * HEAD4_UNIT_BYTES, _mm_srli_si128(dwords, 8));
    _mm_storeu_si32(to + 3 * HEAD4_UNIT_BYTES, _mm_srli_si128(dwords, 12));
}

static inline __attribute__((always_inline)) void code_block(uint8_t *coarse, uint8_t *fine, __m256 *sum,
                                                             const float *w, __m256 by, __m256 scale,
                                                             __m256 inverse)
{
    __m256 ab[HEAD4_SQUARES], cd[HEAD4_SQUARES];
    const __m256i first = code_pair(ab, w, by, scale, inverse);
    const __m256i second = code_pair(cd, w + 2 * LANES, by, scale, inverse);
    QK_UNROLLED
    for (int j = 0; j < HEAD4_SQUARES; j++)
        sum[j] = _mm256_add_ps(sum[j], _mm256_add_ps(ab[j], cd[j]));
    /* Packs work on halves: the lower one has the first four columns of each unit, the upper one the rest. */
    const __m256i bytes = _mm256_packus_epi16(first, second);
    const __m128i a = _mm256_castsi256_si128(bytes), b = _mm256_extracti128_si256(bytes, 1);
    const __m128i low = _mm_set1_epi8(15);
    place(coarse, _mm_or_si128(_mm_and_si128(_mm_srli_epi16(a, 4), low), _mm_andnot_si128(low, b)));
    place(fine, _mm_or_si128(_mm_and_si128(a, low), _mm_slli_epi16(_mm_and_si128(b, low), 4)));
}

void qk_head4_pack_avx2(uint8_t *restrict coarse, uint8_t *restrict fine, uint16_t *restrict scale,
                        float *restrict unit, float *restrict squares, const float *restrict w, size_t rows,
                        size_t columns)
{
    static const float zeros[TOGETHER * HEAD4_BLOCK];
    const size_t blocks = columns / HEAD4_BLOCK;
    for (size_t r = 0; r < rows; r++, w += columns) {
        const size_t first = r / HEAD4_ROWS * blocks, lane = r % HEAD4_ROWS;
        __m256i most = _mm256_setzero_si256();
        for (size_t b = 0; b < blocks; b++)
            most = _mm256_max_epi32(most, most_of_block(w + b * HEAD4_BLOCK));
        const struct head4_unit u = head4_unit(largest(most));
        const __m256 by = _mm256_set1_ps(u.by);
        const float *const row = u.finite ? w : zeros;
        const size_t step = u.finite ? HEAD4_BLOCK : 0;
        __m256 sum[HEAD4_SQUARES] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
        for (size_t b = 0; b < blocks; b += TOGETHER) {
            struct scales s;
            const size_t n = blocks - b < TOGETHER ? blocks - b : TOGETHER;
            scale_blocks(&s, row + b * step, n, by);
            for (size_t i = 0; i < n; i++) {
                const size_t at = (first + b + i) * HEAD4_BLOCK_BYTES + 4 * lane;
                scale[(first + b + i) * HEAD4_ROWS + lane] = s.half[i];
                code_block(coarse + at, fine + at, sum, row + (b + i) * step, by, _mm256_set1_ps(s.scale[i]),
                           _mm256_set1_ps(s.inverse[i]));
            }
        }
        unit[r] = u.unit;
        QK_UNROLLED
        for (int j = 0; j < HEAD4_SQUARES; j++)
            _mm256_storeu_ps(squares + (r * HEAD4_SQUARES + (size_t)j) * LANES, sum[j]);
    }
}
