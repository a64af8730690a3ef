/* SPDX-License-Identifier: MIT */
/*
 * The published order in 64-byte vectors, for avx512_shift and avx512_mask. They differ in one compile-time
 * switch.
 *
 * A vector holds two blocks, a span of 256 columns. Its field g needs the activations of group g of both
 * blocks. `arrange` puts these side by side once per call, not once per row. Two rows at a time share the
 * loads of activations. That gives eight chains of sums, because a dot-accumulate takes 4 or 5 cycles and two
 * start in each.
 */
#pragma once

#include "kernels/i2s_gemv/op.h"
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum {
    SPAN = 2 * I2S_BLOCK,
    CHUNK = 32 * SPAN, /* columns that are arranged at a time: on the stack, in L1 */
    AHEAD = 4096,      /* how far ahead to prefetch weights, in bytes; matters out of cache only */
};

#define ZMM_BODY static inline __attribute__((always_inline))

/* to[g][b] of a span = group g of its block b. A missing second block is zeros. */
static inline void arrange(int8_t *to, const int8_t *q, size_t columns)
{
    for (size_t k = 0; k < columns; k += SPAN)
        for (size_t g = 0; g < 4; g++) {
            int8_t *at = to + k + 2 * I2S_GROUP * g;
            memcpy(at, q + k + I2S_GROUP * g, I2S_GROUP);
            if (columns - k >= SPAN)
                memcpy(at + I2S_GROUP, q + k + I2S_BLOCK + I2S_GROUP * g, I2S_GROUP);
            else
                memset(at + I2S_GROUP, 0, I2S_GROUP);
        }
}

/* Field g of every byte: shifted down, or left in place. */
ZMM_BODY __m512i field(__m512i v, const int g, const bool in_place)
{
    const int shift = 6 - 2 * g;
    if (in_place)
        return _mm512_and_si512(v, _mm512_set1_epi8((char)(3 << shift)));
    return _mm512_and_si512(shift ? _mm512_srli_epi16(v, (unsigned)shift) : v, _mm512_set1_epi8(3));
}

/* Adds field g of one span of `rows` rows (1 or 2) to their sums. */
ZMM_BODY void add_field(__m512i sum[2][4], const __m512i v[2], const int8_t *q, const int g, const int rows,
                        const bool in_place)
{
    const __m512i a = _mm512_load_si512(q + 2 * I2S_GROUP * g);
    sum[0][g] = qk_dot64(sum[0][g], field(v[0], g, in_place), a);
    if (rows == 2)
        sum[1][g] = qk_dot64(sum[1][g], field(v[1], g, in_place), a);
}

ZMM_BODY void add_span(__m512i sum[2][4], const __m512i v[2], const int8_t *q, const int rows,
                       const bool in_place)
{
    add_field(sum, v, q, 0, rows, in_place);
    add_field(sum, v, q, 1, rows, in_place);
    add_field(sum, v, q, 2, rows, in_place);
    add_field(sum, v, q, 3, rows, in_place);
}

ZMM_BODY __m512i join(const __m512i sum[4], const bool in_place)
{
    if (!in_place)
        return _mm512_add_epi32(_mm512_add_epi32(sum[0], sum[1]), _mm512_add_epi32(sum[2], sum[3]));
    return _mm512_add_epi32(_mm512_add_epi32(_mm512_srai_epi32(sum[0], 6), _mm512_srai_epi32(sum[1], 4)),
                            _mm512_add_epi32(_mm512_srai_epi32(sum[2], 2), sum[3]));
}

/* to[r] = the sums of row r over `columns` columns, in sixteen lanes. q is arranged. */
ZMM_BODY void rows_of(__m512i *to, const uint8_t *from, size_t stride, size_t ahead, const int8_t *q,
                      size_t columns, const int rows, const bool in_place)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i sum[2][4] = {{zero, zero, zero, zero}, {zero, zero, zero, zero}}, v[2];
    size_t k = 0;
    for (; k + SPAN <= columns; k += SPAN, from += 2 * I2S_BLOCK_BYTES, q += SPAN) {
        for (int r = 0; r < rows; r++) {
            v[r] = _mm512_loadu_si512(from + (size_t)r * stride);
            _mm_prefetch((const char *)from + (size_t)r * stride + ahead, _MM_HINT_T0);
        }
        add_span(sum, v, q, rows, in_place);
    }
    if (k < columns) {
        for (int r = 0; r < rows; r++)
            v[r] = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(from + (size_t)r * stride)));
        add_span(sum, v, q, rows, in_place);
    }
    for (int r = 0; r < rows; r++)
        to[r] = join(sum[r], in_place);
}

/* Sums each of four vectors across its lanes; the four sums are in one vector. */
ZMM_BODY __m128i sum_lanes(const __m512i s[4])
{
    const __m512i a = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
    const __m512i b = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
    const __m512i c = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    const __m256i d = _mm256_add_epi32(_mm512_castsi512_si256(c), _mm512_extracti64x4_epi64(c, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(d), _mm256_extracti128_si256(d, 1));
}

ZMM_BODY void gemv(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                   int32_t q_sum, size_t rows, size_t columns, const bool in_place)
{
    _Alignas(64) int8_t arranged[CHUNK];
    const size_t stride = columns / 4;
    for (size_t k = 0; k < columns; k += CHUNK) {
        const size_t n = columns - k < CHUNK ? columns - k : CHUNK;
        arrange(arranged, q + k, n);
        for (size_t m = 0; m < rows; m += 4) {
            const size_t left = rows - m;
            const uint8_t *from = codes + m * stride + k / 4;
            const __mmask8 here = left < 4 ? (__mmask8)((1u << left) - 1) : 0xf;
            /* Never past the end: a hint to a page that is not there costs a walk of the page tables. */
            const size_t ahead = (left - 1) * stride >= 3 * stride + AHEAD ? AHEAD : 0;
            __m512i s[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                            _mm512_setzero_si512()};
            if (left >= 4) {
                rows_of(s, from, stride, ahead, arranged, n, 2, in_place);
                rows_of(s + 2, from + 2 * stride, stride, ahead, arranged, n, 2, in_place);
            } else {
                for (size_t r = 0; r < left; r++)
                    rows_of(s + r, from + r * stride, stride, ahead, arranged, n, 1, in_place);
            }
            const __m128i before =
                k ? _mm_maskz_loadu_epi32(here, y + m) : _mm_set1_epi32((int32_t)(0 - (uint32_t)q_sum));
            _mm_mask_storeu_epi32(y + m, here, _mm_add_epi32(before, sum_lanes(s)));
        }
    }
}
