/* SPDX-License-Identifier: MIT */
/* The reference: defines how I2S16 order and its scales are made from blocks of files, one code at a time. */
#include "kernels/layout.h"
#include "kernels/q2_0x16_repack/scales.h"

/* Digit n of a byte in base 3. */
static unsigned digit(unsigned byte, size_t n)
{
    static const unsigned char power[] = {1, 3, 9, 27, 81};
    return (byte * power[n] & 0xff) * 3 >> 8;
}

static unsigned tq1_0_code(const uint8_t *block, size_t j)
{
    if (j < 160)
        return digit(block[j % 32], j / 32);
    if (j < 240)
        return digit(block[32 + (j - 160) % 16], (j - 160) / 16);
    return digit(block[48 + (j - 240) % 4], (j - 240) / 4);
}

/* Code of column j of a block. */
static unsigned code_at(const uint8_t *block, size_t j, size_t block_bytes)
{
    if (block_bytes == TQ1_0_BLOCK_BYTES)
        return tq1_0_code(block, j);
    if (block_bytes == TQ2_0_BLOCK_BYTES)
        return block[j / 128 * 32 + j % 32] >> 2 * (j % 128 / 32) & 3;
    return block[Q2_0_CODES + j / 4] >> 2 * (j % 4) & 3;
}

void qk_q2_0x16_repack_scalar(uint8_t *restrict codes, uint16_t *restrict scale, const uint8_t *restrict from,
                              size_t rows, size_t columns, size_t block_bytes)
{
    const size_t group = group_of(block_bytes), stride = columns / group * block_bytes;
    put_scales(scale, from, rows, columns, block_bytes);
    for (size_t first = 0; first < rows; first += I2S16_ROWS)
        for (size_t k = 0; k < columns; k += I2S16_COLUMNS)
            for (size_t r = first; r < first + I2S16_ROWS; r++)
                for (size_t i = 0; i < 4; i++) {
                    unsigned byte = 0x55;
                    for (size_t f = 0; f < 4 && r < rows; f++) {
                        const uint8_t *const block = from + r * stride + k / group * block_bytes;
                        const unsigned code = code_at(block, k % group + 4 * f + i, block_bytes);
                        byte = (byte & ~(3u << 2 * f)) | code << 2 * f;
                    }
                    *codes++ = (uint8_t)byte;
                }
}
