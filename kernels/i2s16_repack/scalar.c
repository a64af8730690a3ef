/* SPDX-License-Identifier: MIT */
/* The reference: defines how I2S16 order is made from I2_S order, one code at a time. */
#include "kernels/i2s16_repack/op.h"
#include "kernels/layout.h"

/* Code of column k of a row in I2_S order. */
static unsigned code_at(const uint8_t *row, size_t k)
{
    return row[k / I2S_BLOCK * I2S_BLOCK_BYTES + k % I2S_GROUP] >> (6 - 2 * (k / I2S_GROUP % 4)) & 3;
}

void qk_i2s16_repack_scalar(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows, size_t columns)
{
    for (size_t first = 0; first < rows; first += I2S16_ROWS)
        for (size_t k = 0; k < columns; k += I2S16_COLUMNS)
            for (size_t m = first; m < first + I2S16_ROWS; m++)
                for (size_t i = 0; i < 4; i++) {
                    unsigned byte = 0x55;
                    if (m < rows) {
                        const uint8_t *row = codes + m * (columns / 4);
                        byte = code_at(row, k + i) | code_at(row, k + 4 + i) << 2 |
                               code_at(row, k + 8 + i) << 4 | code_at(row, k + 12 + i) << 6;
                    }
                    *out++ = (uint8_t)byte;
                }
}
