/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: 32 rows x 12 tokens at a time, with 24 sums in registers over all columns.
 *
 *    - Codes are unpacked in registers, again for each tile; no unpacked byte is ever stored. Per four
 *      columns that takes two masks and one and a half shifts. They go to ports that the 24 dot-accumulates
 *      leave free.
 *    - Activations are broadcast from where they lie, since copies that stand side by side cost more than
 *      they saved (2 to 9 %, Zen 5). Four pointers reach twelve rows of them, so no address is spilled.
 *    - Twelve broadcasts and half a load of codes per four columns keep the two loads per cycle little more
 *      than half busy.
 *
 * The limit is two dot-accumulates per cycle, 128 products. For: AVX-512 VNNI (Ice Lake, Zen 4 and later).
 * Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_tile.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemm/op.h"
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum {
    PANEL = 2 * I2S16_ROWS,
    TILE = 12,         /* tokens in registers */
    TOKENS = 2 * TILE, /* tokens that share what a panel's codes cost */
    REACH = 3,         /* rows of activations that a pointer reaches: 0, 1 and 2 strides on */
    POINTERS = TILE / REACH,
};

#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define TILE_BODY static inline __attribute__((always_inline)) void

/* What the tiles of one panel share. */
struct panel {
    const uint8_t *codes;
    size_t columns, rows; /* strides of q and y */
    size_t stride;        /* bytes from one group of sixteen rows to the next */
    size_t ahead;      /* bytes to the next panel's codes, which are asked for early; 0 when there is none */
    __mmask16 here[2]; /* which rows exist */
};

/* How many of the tokens left make a tile. Tiles are alike: a small one unpacks codes for few tokens. */
static size_t tile_of(size_t tokens)
{
    const size_t tiles = (tokens + TILE - 1) / TILE;
    return (tokens + tiles - 1) / tiles;
}

/* Field f of a unit, one byte per code. */
static inline __attribute__((always_inline)) __m512i field(__m512i v, const int f)
{
    return _mm512_and_si512(f ? _mm512_srli_epi16(v, 2 * (unsigned)f) : v, _mm512_set1_epi8(3));
}

/* tokens x groups x sixteen rows; tokens and groups are compile-time constants. */
TILE_BODY multiply(const struct panel *p, int32_t *y, const int8_t *q, const int32_t *q_sum, const int tokens,
                   const int groups)
{
    __m512i sum[TILE][2];
    const uint8_t *codes = p->codes, *const end = codes + p->stride;
    const int8_t *at[POINTERS];
    UNROLL
    for (int j = 0; j < POINTERS; j++)
        at[j] = q + (size_t)j * REACH * p->columns;
    UNROLL
    for (int i = 0; i < tokens; i++) {
        for (int g = 0; g < groups; g++) {
            sum[i][g] = _mm512_set1_epi32((int32_t)(0 - (uint32_t)q_sum[i]));
            _mm_prefetch((const char *)(y + (size_t)i * p->rows + g * I2S16_ROWS), _MM_HINT_T0);
        }
    }
    for (; codes < end; codes += I2S16_UNIT_BYTES) {
        const __m512i v0 = _mm512_loadu_si512(codes);
        const __m512i v1 = groups == 2 ? _mm512_loadu_si512(codes + p->stride) : v0;
        for (int g = 0; g < groups; g++)
            _mm_prefetch((const char *)codes + (size_t)g * p->stride + p->ahead, _MM_HINT_T1);
        UNROLL
        for (int f = 0; f < 4; f++) {
            const __m512i w0 = field(v0, f), w1 = groups == 2 ? field(v1, f) : w0;
            UNROLL
            for (int i = 0; i < tokens; i++) {
                int32_t four;
                memcpy(&four, at[i / REACH] + (size_t)(i % REACH) * p->columns + 4 * f, sizeof four);
                const __m512i a = _mm512_set1_epi32(four);
                sum[i][0] = qk_dot64(sum[i][0], w0, a);
                if (groups == 2)
                    sum[i][1] = qk_dot64(sum[i][1], w1, a);
            }
        }
        UNROLL
        for (int j = 0; j < POINTERS; j++) {
            at[j] += I2S16_COLUMNS;
            __asm__(""
                    : "+r"(at[j])); /* stays a pointer of its own: compilers would make twelve of the four */
        }
    }
    UNROLL
    for (int i = 0; i < tokens; i++)
        for (int g = 0; g < groups; g++)
            _mm512_mask_storeu_epi32(y + (size_t)i * p->rows + g * I2S16_ROWS, p->here[g], sum[i][g]);
}

/* All tokens, tile by tile. */
TILE_BODY multiply_all(const struct panel *p, int32_t *y, const int8_t *q, const int32_t *q_sum,
                       size_t tokens, const int groups)
{
    while (tokens) {
        const size_t n = tile_of(tokens);
        switch (n) {
#define SIZE(n)                                                                                              \
    case n:                                                                                                  \
        multiply(p, y, q, q_sum, n, groups);                                                                 \
        break;
            SIZE(1) SIZE(2) SIZE(3) SIZE(4) SIZE(5) SIZE(6) SIZE(7) SIZE(8) SIZE(9) SIZE(10) SIZE(11) SIZE(12)
#undef SIZE
        }
        tokens -= n;
        y += n * p->rows;
        q += n * p->columns;
        q_sum += n;
    }
}

static __mmask16 rows_here(size_t left)
{
    return left < I2S16_ROWS ? (__mmask16)((1u << left) - 1) : 0xffff;
}

/* All rows for at most TOKENS tokens. */
static void block(int32_t *y, const uint8_t *codes, const int8_t *q, const int32_t *q_sum, size_t rows,
                  size_t columns, size_t tokens)
{
    const size_t stride = I2S16_ROWS * (columns / 4);
    for (size_t m = 0; m < rows; m += PANEL) {
        const size_t left = rows - m;
        const bool two = left > I2S16_ROWS;
        const struct panel p = {.codes = codes + m * (columns / 4),
                                .columns = columns,
                                .rows = rows,
                                .stride = stride,
                                .ahead = left >= 2 * PANEL ? 2 * stride : 0,
                                .here = {rows_here(left), two ? rows_here(left - I2S16_ROWS) : 0}};
        if (two)
            multiply_all(&p, y + m, q, q_sum, tokens, 2);
        else
            multiply_all(&p, y + m, q, q_sum, tokens, 1);
    }
}

void qk_i2s16_gemm_avx512_tile(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                               const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    for (size_t t = 0; t < tokens; t += TOKENS)
        block(y + t * rows, codes, q + t * columns, q_sum + t, rows, columns,
              tokens - t < TOKENS ? tokens - t : TOKENS);
}
