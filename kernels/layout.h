/* SPDX-License-Identifier: MIT */
/*
 * Byte layouts of 2-bit weights. A layout is data: the same on every machine and in every build.
 *
 * QK256, one block = 256 codes in 64 bytes, four consecutive codes per byte, least significant bits first:
 *
 *     byte i of the block:   bit  7 6    5 4    3 2    1 0
 *                            code 4i+3   4i+2   4i+1   4i
 *
 * A row of a matrix starts on a new block; the last block of a row is stored whole. What a code means is a
 * table of four f32: {-2, -1, +1, +2} for QK256 as its runtime uses it, {-1, 0, +1, 0} for ternary weights.
 * Source: EffortlessMetrics/BitNet-rs, crates/bitnet-quantization/src/i2s_qk256.rs.
 */
#ifndef QKBENCH_KERNELS_LAYOUT_H
#define QKBENCH_KERNELS_LAYOUT_H

#include <stddef.h>

enum {
    QK256_BLOCK = 256,      /* codes */
    QK256_BLOCK_BYTES = 64, /* packed */
    QK256_CODES_PER_BYTE = 4,
};

#endif
