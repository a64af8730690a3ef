/* SPDX-License-Identifier: MIT */
/*
 * Sixteen columns of four rows at once. Bytes of two successive rows of b are interleaved and widened to 16
 * bits. So one multiply-add of pairs does both depths of eight columns. Nothing saturates. Left-over columns
 * are copied to a buffer of sixteen. For: any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i8u8_matmul/op.h"
#include "kernels/rows/tails.h"

#include <immintrin.h>
#include <stdbool.h>

enum { COLUMNS = 16, ROWS = 4 };

/* a[0] and a[1], each as 16 bits, in every dword. */
static inline __m256i pair_of(const int8_t *a, bool both)
{
    const uint32_t low = (uint16_t)a[0], high = both ? (uint16_t)a[1] : 0;
    return _mm256_set1_epi32((int)(high << 16 | low));
}

static inline __m128i row_of(const uint8_t *b, size_t width)
{
    if (width == COLUMNS)
        return _mm_loadu_si128((const __m128i *)b);
    uint8_t rest[COLUMNS];
    QK_CLEAR(rest, COLUMNS);
    QK_COPY(rest, b, width);
    return _mm_loadu_si128((const __m128i *)rest);
}

static inline void store(float *out, __m256i low, __m256i high, size_t width)
{
    const __m256 first = _mm256_cvtepi32_ps(low), second = _mm256_cvtepi32_ps(high);
    if (width == COLUMNS) {
        _mm256_storeu_ps(out, first);
        _mm256_storeu_ps(out + 8, second);
    } else {
        float rest[COLUMNS];
        _mm256_storeu_ps(rest, first);
        _mm256_storeu_ps(rest + 8, second);
        QK_COPY(out, rest, width);
    }
}

/* out[0..rows)[0..width): a, b and out point at the tile's first elements. */
static inline __attribute__((always_inline)) void tile(float *out, const int8_t *a, const uint8_t *b,
                                                       size_t depth, size_t columns, const size_t rows,
                                                       size_t width)
{
    __m256i low[ROWS], high[ROWS];
    for (size_t m = 0; m < rows; m++)
        low[m] = high[m] = _mm256_setzero_si256();
    for (size_t k = 0; k < depth; k += 2) {
        const bool both = k + 1 < depth;
        const __m128i one = row_of(b + k * columns, width);
        const __m128i two = both ? row_of(b + (k + 1) * columns, width) : _mm_setzero_si128();
        const __m256i first = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(one, two));
        const __m256i second = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(one, two));
        for (size_t m = 0; m < rows; m++) {
            const __m256i pair = pair_of(a + m * depth + k, both);
            low[m] = _mm256_add_epi32(low[m], _mm256_madd_epi16(first, pair));
            high[m] = _mm256_add_epi32(high[m], _mm256_madd_epi16(second, pair));
        }
    }
    for (size_t m = 0; m < rows; m++)
        store(out + m * columns, low[m], high[m], width);
}

void qk_i8u8_matmul_avx2(float *restrict out, const int8_t *restrict a, const uint8_t *restrict b,
                         size_t rows, size_t depth, size_t columns)
{
    for (size_t n = 0; n < columns; n += COLUMNS) {
        const size_t width = columns - n < COLUMNS ? columns - n : COLUMNS;
        size_t m = 0;
        for (; m + ROWS <= rows; m += ROWS)
            tile(out + m * columns + n, a + m * depth, b + n, depth, columns, ROWS, width);
        for (; m < rows; m++)
            tile(out + m * columns + n, a + m * depth, b + n, depth, columns, 1, width);
    }
}
