/* SPDX-License-Identifier: MIT */
/*
 * The loops of both variants, whose lanes are rows. A file defines before it LANES, the rows at once, 8 or 16;
 * vector, as many dwords; and fetch, which gives dwords of rows.
 */
#include "kernels/q2_0x16_repack/scales.h"
#include "kernels/rows/unroll.h"

#define BODY static inline __attribute__((always_inline))
typedef uint16_t words __attribute__((vector_size(4 * LANES)));

/*
 * What a row that is not there has in place of its bytes. It stands for codes of 1 only: 0x55 as fields, 0x80
 * as digits.
 */
enum { NO_FIELDS = 0x55, NO_DIGITS = 0x80 };

/* Sixteen columns of rows in Q2_0: byte i has columns 4i to 4i + 3. A transposition of 4 x 4 fields. */
BODY vector transposed(vector x)
{
    const vector ones = (x >> 6 ^ x) & 0x00cc00cc;
    x ^= ones ^ ones << 6;
    const vector twos = (x >> 12 ^ x) & 0x0000f0f0;
    return x ^ twos ^ twos << 12;
}

/* Four dwords of codes, one a byte, to the fields of one. */
BODY void put_joined(uint8_t *to, const vector d[4])
{
    const vector unit = d[0] | d[1] << 2 | d[2] << 4 | d[3] << 6;
    memcpy(to, &unit, sizeof unit);
}

/* Digits of all bytes. power: of 3, less than 243. */
BODY vector digits(vector bytes, const uint16_t power)
{
    const words all = (words)bytes, even = (all & 0xff) * power & 0xff, odd = (all >> 8) * power & 0xff;
    return (vector)((even * 3 >> 8) | (odd * 3 & 0xff00));
}

BODY void fetch_four(vector to[4], const uint8_t *block, const struct rows_at *at, const int missing)
{
    QK_UNROLLED
    for (int j = 0; j < 4; j++)
        to[j] = fetch(block + 4 * j, at, missing);
}

BODY void q2_0(uint8_t *to, const uint8_t *block, const struct rows_at *at, const size_t group)
{
    for (size_t k = 0; k < group; k += I2S16_COLUMNS, to += I2S16_UNIT_BYTES) {
        const vector unit = transposed(fetch(block + Q2_0_CODES + k / 4, at, NO_FIELDS));
        memcpy(to, &unit, sizeof unit);
    }
}

BODY void tq2_0(uint8_t *to, const uint8_t *block, const struct rows_at *at)
{
    for (size_t from = 0; from < TQ2_0_BLOCK / 4; from += 16) {
        const size_t unit = from / 32 * 8 + from % 32 / 16;
        vector x[4], d[4];
        fetch_four(x, block + from, at, NO_FIELDS);
        QK_UNROLLED
        for (size_t f = 0; f < 4; f++) {
            for (int j = 0; j < 4; j++)
                d[j] = x[j] >> 2 * (int)f & 0x03030303;
            put_joined(to + (unit + 2 * f) * I2S16_UNIT_BYTES, d);
        }
    }
}

BODY void tq1_0(uint8_t *to, const uint8_t *block, const struct rows_at *at)
{
    static const uint16_t power[] = {1, 3, 9, 27, 81};
    vector x[4], d[4];
    for (size_t from = 0; from < 48; from += 16) {
        const size_t first = from < 32 ? from / 16 : 10, step = from < 32 ? 2 : 1;
        fetch_four(x, block + from, at, NO_DIGITS);
        QK_UNROLLED
        for (size_t n = 0; n < 5; n++) {
            for (int j = 0; j < 4; j++)
                d[j] = digits(x[j], power[n]);
            put_joined(to + (first + step * n) * I2S16_UNIT_BYTES, d);
        }
    }
    x[0] = fetch(block + 48, at, NO_DIGITS);
    QK_UNROLLED
    for (int j = 0; j < 4; j++)
        d[j] = digits(x[0], power[j]);
    put_joined(to + 15 * I2S16_UNIT_BYTES, d);
}

/* One block of some rows. */
BODY void repack_block(uint8_t *to, const uint8_t *block, const struct rows_at *at, size_t block_bytes)
{
    if (block_bytes == TQ1_0_BLOCK_BYTES)
        tq1_0(to, block, at);
    else if (block_bytes == TQ2_0_BLOCK_BYTES)
        tq2_0(to, block, at);
    else
        q2_0(to, block, at, group_of(block_bytes));
}

BODY void repack(uint8_t *restrict codes, uint16_t *restrict scale, const uint8_t *restrict from, size_t rows,
                 size_t columns, size_t block_bytes)
{
    const size_t blocks = columns / group_of(block_bytes), stride = blocks * block_bytes;
    put_scales(scale, from, rows, columns, block_bytes);
    for (size_t r = 0; r < rows; r += I2S16_ROWS, codes += I2S16_ROWS * (columns / 4))
        for (int half = 0; half < I2S16_ROWS / LANES; half++) {
            const int left = rows - r < I2S16_ROWS ? (int)(rows - r) : I2S16_ROWS;
            const struct rows_at at = rows_from(LANES * half, left, (int)stride);
            for (size_t b = 0; b < blocks; b++)
                repack_block(codes + 4 * LANES * half + b * I2S16_ROWS * (columns / blocks / 4),
                             from + r * stride + b * block_bytes, &at, block_bytes);
        }
}
