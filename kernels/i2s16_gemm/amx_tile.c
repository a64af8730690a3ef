/* SPDX-License-Identifier: MIT */
/*
 * Against avx512_tile: products of tiles, 32 rows x 32 tokens at a time, with the sums in four tiles over all
 * columns.
 *
 *    - A step is 64 columns. It loads two tiles of activations, from where they lie, and two of weights. It
 *      multiplies each with each.
 *    - Four units of sixteen rows are a tile of weights, once their fields are apart. Vectors unpack them
 *      into a buffer in L1, two steps ahead: one step ahead takes 1.3 times as long, as the stores are still
 *      on their way. A quarter of a step is unpacked behind each multiplication, so both go on side by side.
 *    - A field is taken out by an affine transform over bits (GFNI), not by a shift and a mask: 7 to 12 %.
 *    - Without unpacking it would be 1.2 to 1.4 times as fast; all figures are of an Emerald Rapids.
 *
 * The limit is one multiplication of 16 x 16 x 64 in 16 cycles, 1024 products a cycle. For: AMX-INT8
 * (Sapphire Rapids and later). Source: own; instructions: Intel SDM volume 2, and "Programming with Intel
 * AMX" in volume 1.
 */
#if !defined __AMX_INT8__ && !defined __AMXINT8__ /* clang 14 */
#error "amx_tile.c must be built with the flags of isa.def's AMX row"
#endif
#include "kernels/i2s16_gemm/op.h"
#include "kernels/layout.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum {
    SIDE = I2S16_ROWS, /* rows of a tile, and dwords of a row */
    LINE = 64,         /* bytes of a tile's row */
    UNITS = LINE / I2S16_COLUMNS,
    TOKENS = 2 * SIDE,
    AHEAD = 2, /* steps */
};

/* A tile's number is part of an instruction. Compilers do not know tiles, so the clobbers keep the order. */
#define LOAD(tile, from, stride)                                                                             \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile : : "r"(from), "r"((size_t)(stride)) : "memory")
#define STORE(tile, to, stride)                                                                              \
    __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" : : "r"(to), "r"((size_t)(stride)) : "memory")
#define MULTIPLY(sums, q, codes)                                                                             \
    __asm__ volatile("tdpbsud %%tmm" #codes ", %%tmm" #q ", %%tmm" #sums : : : "memory")
#define BODY static inline __attribute__((always_inline)) void

/* What the panels of up to 32 tokens share. The second half of the tokens may be empty. */
struct block {
    size_t columns, rows;        /* strides of q and y */
    size_t stride;               /* bytes from one group of sixteen rows to the next */
    size_t tokens[2];            /* of each half */
    int32_t begin[TOKENS][SIDE]; /* what the sums of a token begin with, -q_sum */
};

/* Tiles 0 to 3 are sums [half][group of rows], 4 and 5 activations of a half, 6 and 7 weights of a group. */
static void configure(const struct block *b)
{
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    static const int half_of[] = {0, 0, 1, 1, 0, 1};
    for (int i = 0; i < 8; i++) {
        const size_t rows = i < 6 ? b->tokens[half_of[i]] : SIDE;
        shape.bytes[i] = rows ? LINE : 0;
        shape.rows[i] = (uint8_t)rows;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(shape));
}

/* Field f of each byte. The matrix has rows for bits 0 and 1 of the result, which are bits 2f and 2f + 1. */
static inline __attribute__((always_inline)) __m512i field(__m512i v, const int f)
{
    return _mm512_gf2p8affine_epi64_epi8(v, _mm512_set1_epi64((int64_t)(0x0102ull << 48 << 2 * f)), 0);
}

/* Half of a tile of weights, of one group of rows: eight lines, a dword of which is four columns of a row. */
BODY unpack(uint8_t (*to)[LINE], const uint8_t *codes)
{
    for (int u = 0; u < UNITS / 2; u++, codes += I2S16_UNIT_BYTES, to += 4) {
        const __m512i v = _mm512_loadu_si512(codes);
        _mm512_store_si512(to, _mm512_and_si512(v, _mm512_set1_epi8(3)));
        _mm512_store_si512(to + 1, field(v, 1));
        _mm512_store_si512(to + 2, field(v, 2));
        _mm512_store_si512(to + 3, field(v, 3));
    }
}

/* The sums of a tile, of the `left` rows that exist. */
#define KEEP(tile, b, y, half, left)                                                                         \
    do {                                                                                                     \
        int32_t sums[SIDE][SIDE];                                                                            \
        if ((left) >= SIDE) {                                                                                \
            STORE(tile, y, (b)->rows * sizeof(int32_t));                                                     \
            break;                                                                                           \
        }                                                                                                    \
        STORE(tile, sums, LINE);                                                                             \
        for (size_t t = 0; t < (b)->tokens[half]; t++)                                                       \
            memcpy((y) + t * (b)->rows, sums[t], (left) * sizeof(int32_t));                                  \
    } while (0)

/* Groups of rows and halves of tokens are compile-time constants, 1 or 2. left: rows that exist. */
BODY panel(const struct block *b, int32_t *y, const uint8_t *codes, const int8_t *q, size_t left,
           const int groups, const int halves)
{
    _Alignas(64) uint8_t weights[2 * AHEAD][2][SIDE][LINE];
    const size_t step = UNITS * I2S16_UNIT_BYTES, steps = b->columns / LINE;
    const int8_t *const q2 = q + b->tokens[0] * b->columns;
    int32_t *const y2 = y + b->tokens[0] * b->rows;
    LOAD(0, b->begin, LINE);
    if (groups == 2)
        LOAD(1, b->begin, LINE);
    if (halves == 2)
        LOAD(2, b->begin + b->tokens[0], LINE);
    if (groups == 2 && halves == 2)
        LOAD(3, b->begin + b->tokens[0], LINE);
    for (size_t k = 0; k < AHEAD; k++)
        for (int g = 0; g < groups; g++)
            for (int part = 0; part < 2; part++)
                unpack(weights[k][g] + part * SIDE / 2, codes + g * b->stride + k * step + part * step / 2);
    for (size_t k = 0; k < steps; k++) {
        uint8_t(*const now)[SIDE][LINE] = weights[k % (2 * AHEAD)];
        uint8_t(*const next)[SIDE][LINE] = weights[(k + AHEAD) % (2 * AHEAD)];
        const uint8_t *const from = codes + (k + AHEAD) * step, *const from2 = from + b->stride;
        const bool more = k + AHEAD < steps;
        LOAD(4, q + k * LINE, b->columns);
        LOAD(6, now[0], LINE);
        MULTIPLY(0, 4, 6);
        if (more)
            unpack(next[0], from);
        if (groups == 2) {
            LOAD(7, now[1], LINE);
            MULTIPLY(1, 4, 7);
        }
        if (groups == 2 && more)
            unpack(next[1], from2);
        if (halves == 2) {
            LOAD(5, q2 + k * LINE, b->columns);
            MULTIPLY(2, 5, 6);
        }
        if (more)
            unpack(next[0] + SIDE / 2, from + step / 2);
        if (groups == 2 && halves == 2)
            MULTIPLY(3, 5, 7);
        if (groups == 2 && more)
            unpack(next[1] + SIDE / 2, from2 + step / 2);
    }
    KEEP(0, b, y, 0, left);
    if (groups == 2)
        KEEP(1, b, y + SIDE, 0, left - SIDE);
    if (halves == 2)
        KEEP(2, b, y2, 1, left);
    if (groups == 2 && halves == 2)
        KEEP(3, b, y2 + SIDE, 1, left - SIDE);
}

/* All rows for at most TOKENS tokens. */
static void multiply(int32_t *y, const uint8_t *codes, const int8_t *q, const int32_t *q_sum, size_t rows,
                     size_t columns, size_t tokens)
{
    const size_t second = tokens > SIDE ? tokens / 2 : 0;
    struct block b = {.columns = columns,
                      .rows = rows,
                      .stride = SIDE * (columns / 4),
                      .tokens = {tokens - second, second}};
    for (size_t t = 0; t < tokens; t++)
        _mm512_storeu_si512(b.begin[t], _mm512_set1_epi32((int32_t)(0 - (uint32_t)q_sum[t])));
    configure(&b);
    for (size_t m = 0; m < rows; m += 2 * SIDE, codes += 2 * b.stride)
        if (rows - m > SIDE && second)
            panel(&b, y + m, codes, q, rows - m, 2, 2);
        else if (rows - m > SIDE)
            panel(&b, y + m, codes, q, rows - m, 2, 1);
        else if (second)
            panel(&b, y + m, codes, q, rows - m, 1, 2);
        else
            panel(&b, y + m, codes, q, rows - m, 1, 1);
}

/* Who does not release the tiles has them saved at each switch of threads. */
void qk_i2s16_gemm_amx_tile(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                            const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    for (size_t t = 0; t < tokens; t += TOKENS)
        multiply(y + t * rows, codes, q + t * columns, q_sum + t, rows, columns,
                 tokens - t < TOKENS ? tokens - t : TOKENS);
    __asm__ volatile("tilerelease");
}
