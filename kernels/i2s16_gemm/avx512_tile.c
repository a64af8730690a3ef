/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: the codes of 32 rows x 512 columns are unpacked to bytes once, 16 KiB that stay in L1, and used for all
 * tokens, twelve at a time: 24 sums in registers. Per four columns two loads of weights and twelve broadcasts of
 * activations feed 24 dot-accumulates, so the two loads per cycle are less than two thirds busy and the dot-accumulates
 * are the limit: 128 products per cycle. For: AVX-512 VNNI (Ice Lake, Zen 4 and later). Source: own.
 */
#ifndef __AVX512VNNI__
#error "avx512_tile.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/kernels.h"
#include "kernels/layout.h"

#include <immintrin.h>
#include <string.h>

enum { PANEL = 2 * I2S16_ROWS, CHUNK = 512, TILE = 12 };

#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define TILE_BODY static inline __attribute__((always_inline)) void

/* One panel's chunk: where it starts, its sizes, and which of its rows exist. */
struct tile {
    int32_t *y;      /* first token, first row */
    const int8_t *q; /* first token, first column */
    const int32_t *q_sum;
    size_t rows, columns; /* strides of y and q */
    size_t steps;         /* of four columns */
    bool first;           /* chunk of the row: sums begin */
    __mmask16 here[2];
};

/* to[step][group] = four columns of sixteen rows, a byte each. */
static void unpack(uint8_t *to, const uint8_t *codes, size_t columns, size_t n, size_t groups)
{
    const __m512i three = _mm512_set1_epi8(3);
    for (size_t g = 0; g < groups; g++, codes += I2S16_ROWS * (columns / 4))
        for (size_t u = 0; u < n / I2S16_COLUMNS; u++) {
            const __m512i v = _mm512_loadu_si512(codes + u * I2S16_UNIT_BYTES);
            uint8_t *at = to + (4 * u * groups + g) * 64;
            _mm512_store_si512(at, _mm512_and_si512(v, three));
            _mm512_store_si512(at + 64 * groups, _mm512_and_si512(_mm512_srli_epi16(v, 2), three));
            _mm512_store_si512(at + 128 * groups, _mm512_and_si512(_mm512_srli_epi16(v, 4), three));
            _mm512_store_si512(at + 192 * groups, _mm512_and_si512(_mm512_srli_epi16(v, 6), three));
        }
}

/* tokens x groups x sixteen rows; tokens and groups are compile-time constants. */
TILE_BODY multiply(const struct tile *t, const uint8_t *w, const int tokens, const int groups)
{
    __m512i sum[TILE][2];
    const int8_t *q = t->q;
    UNROLL
    for (int i = 0; i < tokens; i++)
        for (int g = 0; g < groups; g++) {
            const int32_t *y = t->y + (size_t)i * t->rows + g * I2S16_ROWS;
            sum[i][g] = t->first ? _mm512_set1_epi32((int32_t)(0 - (uint32_t)t->q_sum[i]))
                                 : _mm512_maskz_loadu_epi32(t->here[g], y);
        }
    for (size_t s = 0; s < t->steps; s++, w += 64 * groups, q += 4) {
        const __m512i w0 = _mm512_load_si512(w), w1 = groups == 2 ? _mm512_load_si512(w + 64) : w0;
        UNROLL
        for (int i = 0; i < tokens; i++) {
            int32_t four;
            memcpy(&four, q + (size_t)i * t->columns, sizeof four);
            const __m512i a = _mm512_set1_epi32(four);
            sum[i][0] = qk_dot64(sum[i][0], w0, a);
            if (groups == 2)
                sum[i][1] = qk_dot64(sum[i][1], w1, a);
        }
    }
    UNROLL
    for (int i = 0; i < tokens; i++)
        for (int g = 0; g < groups; g++)
            _mm512_mask_storeu_epi32(t->y + (size_t)i * t->rows + g * I2S16_ROWS, t->here[g], sum[i][g]);
}

/* All tokens, in tiles of twelve and what is left in tiles of 8, 4, 2, 1. */
TILE_BODY multiply_all(struct tile t, const uint8_t *w, size_t tokens, const int groups)
{
    while (tokens) {
        const size_t n = tokens >= TILE ? TILE : tokens >= 8 ? 8 : tokens >= 4 ? 4 : tokens >= 2 ? 2 : 1;
        switch (n) {
        case TILE:
            multiply(&t, w, TILE, groups);
            break;
        case 8:
            multiply(&t, w, 8, groups);
            break;
        case 4:
            multiply(&t, w, 4, groups);
            break;
        case 2:
            multiply(&t, w, 2, groups);
            break;
        default:
            multiply(&t, w, 1, groups);
        }
        tokens -= n;
        t.y += n * t.rows;
        t.q += n * t.columns;
        t.q_sum += n;
    }
}

static __mmask16 rows_here(size_t left)
{
    return left < I2S16_ROWS ? (__mmask16)((1u << left) - 1) : 0xffff;
}

void qk_i2s16_gemm_avx512_tile(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                               const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    _Alignas(64) uint8_t w[PANEL * CHUNK];
    for (size_t m = 0; m < rows; m += PANEL) {
        const size_t left = rows - m, groups = left > I2S16_ROWS ? 2 : 1;
        for (size_t k = 0; k < columns; k += CHUNK) {
            const size_t n = columns - k < CHUNK ? columns - k : CHUNK;
            const struct tile t = {.y = y + m,
                                   .q = q + k,
                                   .q_sum = q_sum,
                                   .rows = rows,
                                   .columns = columns,
                                   .steps = n / 4,
                                   .first = k == 0,
                                   .here = {rows_here(left), groups == 2 ? rows_here(left - I2S16_ROWS) : 0}};
            unpack(w, codes + m * (columns / 4) + 4 * k, columns, n, groups);
            if (groups == 2)
                multiply_all(t, w, tokens, 2);
            else
                multiply_all(t, w, tokens, 1);
        }
    }
}
