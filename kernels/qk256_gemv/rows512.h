/* SPDX-License-Identifier: MIT */
/*
 * Sixteen columns of a row per step; four rows share each load of x. This is avx512_rows itself. avx512_best
 * uses it for rows that are too few for its own way.
 */
#pragma once

#include "kernels/layout.h"
#include "kernels/qk256_gemv/stages.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>
#include <string.h>

enum { TILE = 4, STEP = 16 };

/*
 * Sixteen columns of one row. 4 bytes make one vector, by a broadcast, a variable shift and an in-lane
 * permute.
 */
static inline __attribute__((always_inline)) __m512 add_step(__m512 sum, const uint8_t *from, __m512 x,
                                                             __m512 table, __mmask16 lanes)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    const __m512i shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512 w = _mm512_permutevar_ps(table, _mm512_srlv_epi32(_mm512_set1_epi32((int)word), shift));
    /* Lanes past the end take no part at all: an infinite table entry must not meet their zeros. */
    return _mm512_mask3_fmadd_ps(w, x, sum, lanes);
}

/* `rows` rows, four or one, with two sums each. */
static QK_BODY tile(float *restrict y, const uint8_t *codes, const float *scale, const float *restrict x,
                    size_t cols, __m512 table, const int rows)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0), stride = blocks * QK256_BLOCK_BYTES;
    __m512 total[TILE] = {0};
    for (size_t b = 0; b < blocks; b++, x += QK256_BLOCK, codes += QK256_BLOCK_BYTES) {
        const size_t left = cols - b * QK256_BLOCK, n = left < QK256_BLOCK ? left : QK256_BLOCK;
        __m512 sum[TILE][2] = {0};
        size_t e = 0;
        QK_ROLLED
        for (; e + 2 * STEP <= n; e += 2 * STEP) {
            QK_UNROLLED
            for (int k = 0; k < 2; k++) {
                const __m512 xs = _mm512_loadu_ps(x + e + (size_t)k * STEP);
                QK_UNROLLED
                for (int r = 0; r < rows; r++)
                    sum[r][k] = add_step(sum[r][k], codes + (size_t)r * stride + e / 4 + 4 * (size_t)k, xs,
                                         table, 0xffff);
            }
        }
        for (; e < n; e += STEP) {
            const __mmask16 lanes = (__mmask16)(n - e < STEP ? (1u << (n - e)) - 1 : 0xffff);
            const __m512 xs = _mm512_maskz_loadu_ps(lanes, x + e);
            QK_UNROLLED
            for (int r = 0; r < rows; r++)
                sum[r][0] = add_step(sum[r][0], codes + (size_t)r * stride + e / 4, xs, table, lanes);
        }
        QK_UNROLLED
        for (int r = 0; r < rows; r++) {
            const __m512 s = _mm512_set1_ps(scale ? scale[(size_t)r * blocks + b] : 1.0f);
            total[r] = _mm512_fmadd_ps(_mm512_add_ps(sum[r][0], sum[r][1]), s, total[r]);
        }
    }
    QK_UNROLLED
    for (int r = 0; r < rows; r++)
        y[r] = _mm512_reduce_add_ps(total[r]);
}

static inline void rows512(QK_ARGS)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0);
    const __m512 table = _mm512_broadcast_f32x4(_mm_loadu_ps(lut));
    size_t r = 0;
    for (; rows - r >= TILE; r += TILE)
        tile(y + r, codes + r * blocks * QK256_BLOCK_BYTES, scale ? scale + r * blocks : NULL, x, cols, table,
             TILE);
    for (; r < rows; r++)
        tile(y + r, codes + r * blocks * QK256_BLOCK_BYTES, scale ? scale + r * blocks : NULL, x, cols, table,
             1);
}
