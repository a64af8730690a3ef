/* SPDX-License-Identifier: MIT */
/* What all variants share: blocks of files by their size, and their scales. */
#pragma once

#include "kernels/layout.h"
#include "kernels/q2_0x16_repack/op.h"

#include <string.h>

static inline size_t group_of(size_t block_bytes)
{
    return block_bytes == Q2_0_BLOCK_BYTES         ? Q2_0_GROUP
           : block_bytes == Q2_0_BLOCK_BYTES_LARGE ? Q2_0_GROUP_LARGE
                                                   : TQ2_0_BLOCK;
}

/* Rows that there are not have a scale of 0. */
static inline void put_scales(uint16_t *scale, const uint8_t *from, size_t rows, size_t columns,
                              size_t block_bytes)
{
    const size_t blocks = columns / group_of(block_bytes);
    from += block_bytes == TQ2_0_BLOCK_BYTES   ? TQ2_0_SCALE
            : block_bytes == TQ1_0_BLOCK_BYTES ? TQ1_0_SCALE
                                               : 0;
    for (size_t first = 0; first < rows; first += I2S16_ROWS)
        for (size_t b = 0; b < blocks; b++)
            for (size_t r = first; r < first + I2S16_ROWS; r++, scale++) {
                *scale = 0;
                if (r < rows)
                    memcpy(scale, from + (r * blocks + b) * block_bytes, sizeof *scale);
            }
}
