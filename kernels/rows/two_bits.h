/* SPDX-License-Identifier: MIT */
/*
 * Rows of 2-bit codes times i8, for kernels whose last lanes are rows. Where the level has VNNI, lanes of a
 * row's sums are eight i32. Otherwise they are sixteen i16, and what each function adds still fits them.
 */
#pragma once

#include "kernels/i2s_gemv/vnni.h"

#include <immintrin.h>
#include <stddef.h>
#include <string.h>

enum { QK_EIGHT = 8 }; /* rows at once */

/*
 * Adds 128 codes times q to the lanes. q[f] belongs to bits 2f and 2f + 1 of the 32 bytes. A lane gets at
 * most 8 * 3 * 128 = 3072 in size from a call.
 */
static inline __attribute__((always_inline)) __m256i qk_add_codes(__m256i sum, __m256i codes,
                                                                  const __m256i *q)
{
    const __m256i three = _mm256_set1_epi8(3);
    const __m256i u0 = _mm256_and_si256(codes, three);
    const __m256i u1 = _mm256_and_si256(_mm256_srli_epi16(codes, 2), three);
    const __m256i u2 = _mm256_and_si256(_mm256_srli_epi16(codes, 4), three);
    const __m256i u3 = _mm256_and_si256(_mm256_srli_epi16(codes, 6), three);
#if defined __AVX512VNNI__
    return qk_dot32(qk_dot32(qk_dot32(qk_dot32(sum, u0, q[0]), u1, q[1]), u2, q[2]), u3, q[3]);
#else
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(u0, q[0]));
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(u1, q[1]));
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(u2, q[2]));
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(u3, q[3]));
#endif
}

/*
 * The lanes of two rows to four i32 of each, which are the quarters of their columns. In every half of the
 * vector two lanes of `a` stand before two of `b`.
 */
static inline __attribute__((always_inline)) __m256i qk_quarters(__m256i a, __m256i b)
{
#if defined __AVX512VNNI__
    return _mm256_hadd_epi32(a, b);
#else
    return _mm256_madd_epi16(_mm256_hadd_epi16(a, b), _mm256_set1_epi16(1));
#endif
}

/* The f16 at byte `at` of eight rows, which begin at any address. */
static inline __attribute__((always_inline)) __m256 qk_eight_scales(const uint8_t *const *row, size_t at)
{
    short half[QK_EIGHT];
    for (int r = 0; r < QK_EIGHT; r++)
        memcpy(&half[r], row[r] + at, sizeof *half);
    return _mm256_cvtph_ps(
        _mm_setr_epi16(half[0], half[1], half[2], half[3], half[4], half[5], half[6], half[7]));
}

/* Where eight rows begin that are `bytes` apart. The last one stands for those that there are not. */
static inline __attribute__((always_inline)) void qk_eight_rows(const uint8_t **row, const uint8_t *from,
                                                                size_t bytes, size_t rows)
{
    for (size_t r = 0; r < QK_EIGHT; r++)
        row[r] = from + bytes * (r < rows ? r : rows - 1);
}

/* Stores the first `rows` lanes, at most eight. */
static inline __attribute__((always_inline)) void qk_store_rows(float *y, __m256 sum, size_t rows)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    if (rows >= QK_EIGHT)
        _mm256_storeu_ps(y, sum);
    else
        _mm256_maskstore_ps(y, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)rows), lane), sum);
}
