/* SPDX-License-Identifier: MIT */
/*
 * The loops of avx2_madd and avxvnni_tile. They unpack 16 rows x CHUNK columns to bytes once and use them for
 * all tokens. They take as many tokens at a time as registers hold sums for. A compile-time switch chooses
 * how a tile is multiplied.
 */
#pragma once

#include "kernels/i2s16_gemm/op.h"
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum {
    CHUNK = 512, /* columns: 8 KiB unpacked */
    TILE_MOST = 6,
};

#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
#define TILE_BODY static inline __attribute__((always_inline)) void

static inline __m256i broadcast(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
}

/*
 * sum += more, in i16. It is asm because of gcc 12. Around the intrinsic it does the multiplications of all
 * tokens first, which takes more registers than there are, or copies every sum to another register.
 */
static inline void add16(__m256i *sum, __m256i more)
{
    __asm__("vpaddw %1, %0, %0" : "+x"(*sum) : "x"(more));
}

/*
 * Both multiply 16 rows x n columns of weights w, [n / 4][16] dwords, by `tokens` rows of activations,
 * `stride` apart. They add the products to sum[token][half]. n is a multiple of 128; tokens is a compile-time
 * constant.
 */
TILE_BODY multiply_narrow(__m256i sum[TILE_MOST][2], const uint8_t *w, const int8_t *q, size_t stride,
                          size_t n, const int tokens)
{
    for (size_t k = 0; k < n; k += I2S_BLOCK) {
        __m256i narrow[TILE_MOST][2];
        UNROLL
        for (int t = 0; t < tokens; t++)
            narrow[t][0] = narrow[t][1] = _mm256_setzero_si256();
        for (size_t s = 0; s < I2S_BLOCK; s += 4, q += 4, w += 64) {
            const __m256i low = _mm256_load_si256((const __m256i *)w);
            const __m256i high = _mm256_load_si256((const __m256i *)(w + 32));
            UNROLL
            for (int t = 0; t < tokens; t++) {
                const __m256i a = broadcast(q + (size_t)t * stride);
                add16(&narrow[t][0], _mm256_maddubs_epi16(low, a));
                add16(&narrow[t][1], _mm256_maddubs_epi16(high, a));
            }
        }
        UNROLL
        for (int t = 0; t < tokens; t++)
            for (int h = 0; h < 2; h++)
                sum[t][h] =
                    _mm256_add_epi32(sum[t][h], _mm256_madd_epi16(narrow[t][h], _mm256_set1_epi16(1)));
    }
}

TILE_BODY multiply_vnni(__m256i sum[TILE_MOST][2], const uint8_t *w, const int8_t *q, size_t stride, size_t n,
                        const int tokens)
{
    for (size_t k = 0; k < n; k += 4, q += 4, w += 64) {
        const __m256i low = _mm256_load_si256((const __m256i *)w);
        const __m256i high = _mm256_load_si256((const __m256i *)(w + 32));
        UNROLL
        for (int t = 0; t < tokens; t++) {
            const __m256i a = broadcast(q + (size_t)t * stride);
            sum[t][0] = qk_dot32(sum[t][0], low, a);
            sum[t][1] = qk_dot32(sum[t][1], high, a);
        }
    }
}

/* to[step] = four columns of sixteen rows, one byte each. */
static void unpack(uint8_t *to, const uint8_t *codes, size_t n)
{
    const __m256i three = _mm256_set1_epi8(3);
    for (size_t at = 0; at < 4 * n; at += I2S16_UNIT_BYTES, to += 4 * I2S16_UNIT_BYTES)
        for (size_t half = 0; half < 64; half += 32) {
            const __m256i v = _mm256_loadu_si256((const __m256i *)(codes + at + half));
            __m256i *out = (__m256i *)(void *)(to + half);
            _mm256_store_si256(out, _mm256_and_si256(v, three));
            _mm256_store_si256(out + 2, _mm256_and_si256(_mm256_srli_epi16(v, 2), three));
            _mm256_store_si256(out + 4, _mm256_and_si256(_mm256_srli_epi16(v, 4), three));
            _mm256_store_si256(out + 6, _mm256_and_si256(_mm256_srli_epi16(v, 6), three));
        }
}

/* One chunk of one tile. The sums begin at -q_sum, or go on from y. left: the number of rows that exist. */
TILE_BODY tile(int32_t *y, size_t rows, size_t left, const uint8_t *w, const int8_t *q, size_t stride,
               size_t n, const int32_t *begin, const int tokens, const bool vnni)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i count = _mm256_set1_epi32(left < I2S16_ROWS ? (int)left : I2S16_ROWS);
    const __m256i here[2] = {_mm256_cmpgt_epi32(count, lane),
                             _mm256_cmpgt_epi32(count, _mm256_add_epi32(lane, _mm256_set1_epi32(8)))};
    __m256i sum[TILE_MOST][2];
    UNROLL
    for (int t = 0; t < tokens; t++)
        for (int h = 0; h < 2; h++)
            sum[t][h] = begin ? _mm256_set1_epi32((int32_t)(0 - (uint32_t)begin[t]))
                              : _mm256_maskload_epi32(y + (size_t)t * rows + 8 * h, here[h]);
    if (vnni)
        multiply_vnni(sum, w, q, stride, n, tokens);
    else
        multiply_narrow(sum, w, q, stride, n, tokens);
    UNROLL
    for (int t = 0; t < tokens; t++)
        for (int h = 0; h < 2; h++)
            _mm256_maskstore_epi32(y + (size_t)t * rows + 8 * h, here[h], sum[t][h]);
}

/*
 * Tokens of the next tile of dot-accumulates, of so many that are left. The last two tiles are alike: a
 * dot-accumulate takes five cycles, and two tokens have too few sums to fill them.
 */
static inline int tile_of(size_t left, const int most)
{
    _Static_assert(TILE_MOST == 6, "gemm has a tile of each number of tokens that is returned here");
    if (left > (size_t)most && left < 2 * (size_t)most)
        return (int)(left + 1) / 2;
    return left < (size_t)most ? (int)left : most;
}

TILE_BODY gemm(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
               const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens, const int most,
               const bool vnni)
{
    _Alignas(32) uint8_t w[I2S16_ROWS * CHUNK];
    for (size_t m = 0; m < rows; m += I2S16_ROWS, codes += I2S16_ROWS * (columns / 4))
        for (size_t k = 0; k < columns; k += CHUNK) {
            const size_t n = columns - k < CHUNK ? columns - k : CHUNK, left = rows - m;
            size_t t = 0;
            unpack(w, codes + 4 * k, n);
            for (int step; t < tokens; t += (size_t)step) {
                int32_t *to = y + t * rows + m;
                const int8_t *from = q + t * columns + k;
                const int32_t *begin = k ? NULL : q_sum + t;
                step = tokens - t >= (size_t)most ? most : tokens - t >= 2 ? 2 : 1;
                if (vnni)
                    step = tile_of(tokens - t, most);
                if (step == most)
                    tile(to, rows, left, w, from, columns, n, begin, most, vnni);
                else if (vnni && step == 5)
                    tile(to, rows, left, w, from, columns, n, begin, 5, vnni);
                else if (vnni && step == 4)
                    tile(to, rows, left, w, from, columns, n, begin, 4, vnni);
                else if (vnni && step == 3)
                    tile(to, rows, left, w, from, columns, n, begin, 3, vnni);
                else if (step == 2)
                    tile(to, rows, left, w, from, columns, n, begin, 2, vnni);
                else
                    tile(to, rows, left, w, from, columns, n, begin, 1, vnni);
            }
        }
}
