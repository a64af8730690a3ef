/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: 32 rows x 6 tokens at a time. Registers hold the f32 sums of all columns and the exact sums
 * of one block. Codes are unpacked in registers, once per tile, as in i2s16_gemm/avx512_tile.c. Two groups of
 * sixteen rows share each broadcast of activations, so loads keep up with two dot-accumulates per cycle. The
 * end of a block takes five operations for each sum of sixteen rows, beside 4 * block / 16 dot-accumulates.
 * These go to other ports. For: AVX-512 VNNI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_tile.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"
#include "kernels/q2_0x16_gemm/op.h"
#include "kernels/rows/unroll.h"

#include <string.h>

enum { TILE = 6, GROUPS = 2 };
#define BODY static inline __attribute__((always_inline)) void

/* What the tiles of one panel share. */
struct panel {
    const uint8_t *codes; /* of the first sixteen rows */
    const uint16_t *scale;
    size_t rows, columns, group, block; /* rows: stride of y */
};

/* Field f of a unit, one byte per code. */
static inline __attribute__((always_inline)) __m512i code(__m512i v, const int f)
{
    return _mm512_and_si512(f ? _mm512_srli_epi16(v, 2 * (unsigned)f) : v, _mm512_set1_epi8(3));
}

/* The sums of a block whose first unit is at `codes`. tokens and groups are compile-time constants. */
BODY block_sums(__m512i sum[TILE][GROUPS], const struct panel *p, const uint8_t *codes, const int8_t *q,
                const int tokens, const int groups)
{
    QK_UNROLLED
    for (int t = 0; t < tokens; t++)
        for (int g = 0; g < groups; g++)
            sum[t][g] = _mm512_setzero_si512();
    for (const int8_t *const end = q + p->block; q < end; q += I2S16_COLUMNS, codes += I2S16_UNIT_BYTES) {
        const __m512i v0 = _mm512_loadu_si512(codes);
        const __m512i v1 = groups == 2 ? _mm512_loadu_si512(codes + 4 * p->columns) : v0;
        QK_UNROLLED
        for (int f = 0; f < 4; f++) {
            const __m512i w0 = code(v0, f), w1 = groups == 2 ? code(v1, f) : w0;
            QK_UNROLLED
            for (int t = 0; t < tokens; t++) {
                int32_t four;
                memcpy(&four, q + (size_t)t * p->columns + 4 * f, sizeof four);
                const __m512i a = _mm512_set1_epi32(four);
                sum[t][0] = qk_dot64(sum[t][0], w0, a);
                if (groups == 2)
                    sum[t][1] = qk_dot64(sum[t][1], w1, a);
            }
        }
    }
}

BODY tile(const struct panel *p, float *y, const int8_t *q, const int32_t *bias, const float *x_scale,
          const int tokens, const int groups)
{
    const size_t blocks = p->columns / p->block, scales = I2S16_ROWS * (p->columns / p->group);
    __m512 y_sum[TILE][GROUPS];
    QK_UNROLLED
    for (int t = 0; t < tokens; t++)
        for (int g = 0; g < groups; g++)
            y_sum[t][g] = _mm512_setzero_ps();
    for (size_t b = 0; b < blocks; b++) {
        const uint16_t *const from = p->scale + b * p->block / p->group * I2S16_ROWS;
        __m512i sum[TILE][GROUPS];
        __m512 d[GROUPS];
        block_sums(sum, p, p->codes + 4 * b * p->block, q + b * p->block, tokens, groups);
        QK_UNROLLED
        for (int g = 0; g < groups; g++)
            d[g] = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(from + (size_t)g * scales)));
        QK_UNROLLED
        for (int t = 0; t < tokens; t++) {
            const __m512i off = _mm512_set1_epi32(bias[(size_t)t * blocks + b]);
            const __m512 factor = _mm512_set1_ps(x_scale[(size_t)t * blocks + b]);
            for (int g = 0; g < groups; g++) {
                const __m512 s = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum[t][g], off));
                y_sum[t][g] = _mm512_add_ps(y_sum[t][g], _mm512_mul_ps(s, _mm512_mul_ps(d[g], factor)));
            }
        }
    }
    QK_UNROLLED
    for (int t = 0; t < tokens; t++)
        for (int g = 0; g < groups; g++)
            _mm512_storeu_ps(y + (size_t)t * p->rows + g * I2S16_ROWS, y_sum[t][g]);
}

/* How many of the tokens left make a tile. Tiles are alike: a small one unpacks codes for few tokens. */
static size_t tile_of(size_t tokens)
{
    const size_t tiles = (tokens + TILE - 1) / TILE;
    return (tokens + tiles - 1) / tiles;
}

BODY all_tokens(const struct panel *p, float *y, const int8_t *q, const int32_t *bias, const float *x_scale,
                size_t tokens, const int groups)
{
    const size_t blocks = p->columns / p->block;
    while (tokens) {
        const size_t n = tile_of(tokens);
        switch (n) {
#define SIZE(n)                                                                                              \
    case n:                                                                                                  \
        tile(p, y, q, bias, x_scale, n, groups);                                                             \
        break;
            SIZE(1) SIZE(2) SIZE(3) SIZE(4) SIZE(5) SIZE(6)
#undef SIZE
        }
        tokens -= n;
        y += n * p->rows;
        q += n * p->columns;
        bias += n * blocks;
        x_scale += n * blocks;
    }
}

void qk_q2_0x16_gemm_avx512_tile(float *restrict y, const uint8_t *restrict codes,
                                 const uint16_t *restrict scale, const int8_t *restrict q,
                                 const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                                 size_t columns, size_t group, size_t block, size_t tokens)
{
    for (size_t r = 0; r < rows; r += GROUPS * I2S16_ROWS) {
        const struct panel p = {
            codes + r * (columns / 4), scale + r * (columns / group), rows, columns, group, block};
        if (rows - r > I2S16_ROWS)
            all_tokens(&p, y + r, q, bias, x_scale, tokens, 2);
        else
            all_tokens(&p, y + r, q, bias, x_scale, tokens, 1);
    }
}
