/* SPDX-License-Identifier: MIT */
/*
 * Byte layouts of 2-bit and ternary weights. A layout is data: it is the same on every machine and in every
 * build.
 *
 * QK256. A block is 256 codes in 64 bytes. A byte holds four consecutive codes, least significant bits first:
 *
 *     byte i of the block:   bit  7 6    5 4    3 2    1 0
 *                            code 4i+3   4i+2   4i+1   4i
 *
 * A row of a matrix starts on a new block, and its last block is stored whole. A table of four f32 says what
 * the codes mean. QK256 as its runtime uses it has {-2, -1, +1, +2}; ternary weights have {-1, 0, +1, 0}.
 * Source: EffortlessMetrics/BitNet-rs, crates/bitnet-quantization/src/i2s_qk256.rs.
 *
 * I2_S, the published order of ternary weights. A block is 128 columns of one row in 32 bytes: four groups of
 * 32 columns, the first group in the most significant bits. Rows follow each other, columns / 4 bytes each.
 * The number of columns is a multiple of 128.
 *
 *     byte i of the block:   bit  7 6      5 4         3 2         1 0
 *                            column i      32 + i      64 + i      96 + i
 *
 * Code c is the weight c - 1. The quantiser never writes code 3; it counts as +2. Source: microsoft/BitNet,
 * src/ggml-bitnet-mad.cpp. model/gguf/i2s.h reads this order from a file.
 *
 * I2S16, the same codes interleaved for vectors whose lanes are rows. A unit is 16 rows x 16 columns in 64
 * bytes, one dword per row. Units of the same 16 rows follow each other by columns; then come the next 16
 * rows. If the number of rows is no multiple of 16, rows of code 1 (weight 0) pad it. No kernel lets them
 * into a result.
 *
 *     byte 4r + i of the unit:   bit  7 6         5 4        3 2        1 0
 *                                row r, column 12 + i    8 + i      4 + i      i
 *
 * So field f of the four bytes of a dword holds four consecutive columns, and the four int8 activations that
 * belong to them are one dword too. Source: own. IQ2_BN_R4 of ikawrakow/ik_llama.cpp does the same for 4
 * rows.
 *
 * HEAD4 holds 4-bit codes in the same way. A unit is 16 rows x 8 columns in 64 bytes; four units are a block
 * of 32 columns. The scales of blocks, one f16 a row, stand in an array of their own: 16 rows, block by
 * block, then the next 16 rows.
 *
 *     byte 4r + i of the unit:   bit  7 6 5 4      3 2 1 0
 *                                row r, column 4 + i      i
 *
 * TRIT5, ternary codes five to a byte, 1.6 bits each. Rows are interleaved as in I2S16. A unit is 16 rows x
 * 20 columns in 64 bytes, one dword per row. Code f of byte i is that of column 4f + i:
 *
 *     byte 4r + i of the unit = 28 * (3 * c0 + c1) + 9 * c2 + 3 * c3 + c4       cf: row r, column 4f + i
 *
 * A reader divides: byte / 28 is 3 * c0 + c1, and byte % 28 is the rest. So 243 of the 256 bytes are written.
 * In any other, c0 or c2 is read as 3 and counts as +2. Columns up to a multiple of 20, and rows up to a
 * multiple of 16, are padded by code 1.
 *
 * Source: own. The factor is 28, and not 27, because 28 is a multiple of four. So byte / 4, which is one of
 * 64, tells c0 and c1. TQ1_0 of ggml-org/llama.cpp also has five codes in a byte. There it is a fraction of
 * 256, which gives one digit after another by multiplications by 3.
 *
 * Blocks of ggml's files, each with its scale d. f16, f32 and i16 are little endian. A row of a matrix is a
 * whole number of blocks, and rows follow each other. A code c of 2 bits means c - 1, so 3 means 2.
 *
 *     Q2_0   d as f16, then 64 codes; in another dialect 128. Column j: byte 2 + j / 4, bit 2 * (j % 4)
 *     TQ1_0  48 bytes of five codes, 4 bytes of four, then d as f16: below
 *     TQ2_0  256 codes, then d as f16. Column j: byte 32 * (j / 128) + j % 32, bit 2 * (j % 128 / 32)
 *     Q8_0   d as f16, then 32 i8: activations, or weights
 *     Q6_K   256 codes of 6 bits, 16 i8 that scale 16 columns each, then d as f16. Code c means c - 32. The
 *            low four bits of column j: byte 64 * (j / 128) + j % 64, bit 4 * (j % 128 / 64). Its high two:
 *            byte 128 + 32 * (j / 128) + j % 32, bit 2 * (j % 128 / 32)
 *     Q8_K   activations: d as f32, then 256 i8, then 16 i16, the sums of 16 consecutive i8 each
 *
 * TQ1_0 has base-3 digits. Digit n of byte b is 3 * (b * 3^n mod 256) / 256; digit 0 is the first.
 *
 *     column j < 160         byte j % 32,               digit j / 32
 *     column 160 <= j < 240  byte 32 + (j - 160) % 16,  digit (j - 160) / 16
 *     column 240 <= j        byte 48 + (j - 240) % 4,   digit (j - 240) / 4
 *
 * Source: ggml-org/llama.cpp, ggml/src/ggml-common.h and ggml-quants.c; 128 codes: PrismML-Eng/llama.cpp.
 */
#pragma once

#include <stddef.h>

enum {
    QK256_BLOCK = 256,      /* codes */
    QK256_BLOCK_BYTES = 64, /* packed */
    QK256_CODES_PER_BYTE = 4,

    I2S_BLOCK = 128, /* columns */
    I2S_BLOCK_BYTES = 32,
    I2S_GROUP = 32,            /* columns of a block that share a field of its bytes */
    I2S_COLUMNS_MAX = 1 << 18, /* a quarter of it, times (3 << 6) * 128, fits 31 bits */

    I2S16_ROWS = 16,
    I2S16_COLUMNS = 16,
    I2S16_UNIT_BYTES = 64,

    HEAD4_ROWS = 16,
    HEAD4_BLOCK = 32, /* columns */
    HEAD4_BLOCK_BYTES = 256,
    HEAD4_UNIT_COLUMNS = 8,
    HEAD4_UNIT_BYTES = 64,
    HEAD4_SQUARES = 3, /* sums of squares that head4_pack gives of a row, each in lanes */
    HEAD4_LANES = 8,

    TRIT5_ROWS = 16,
    TRIT5_COLUMNS = 20,
    TRIT5_UNIT_BYTES = 64,
    TRIT5_PAIR = 28, /* the values that share c0 and c1 */

    Q2_0_GROUP = 64, /* columns */
    Q2_0_GROUP_LARGE = 128,
    Q2_0_BLOCK_BYTES = 18,
    Q2_0_BLOCK_BYTES_LARGE = 34,
    Q2_0_CODES = 2,  /* byte of the first */
    Q8_0_BLOCK = 32, /* columns */
    Q8_0_BLOCK_BYTES = 34,
    TQ1_0_BLOCK = 256, /* columns */
    TQ1_0_BLOCK_BYTES = 54,
    TQ1_0_SCALE = 52,  /* byte of the scale */
    TQ2_0_BLOCK = 256, /* columns */
    TQ2_0_BLOCK_BYTES = 66,
    TQ2_0_SCALE = 64, /* byte of the scale */
    Q6_K_BLOCK = 256, /* columns */
    Q6_K_BLOCK_BYTES = 210,
    Q6_K_HIGH = 128, /* byte of the first high bits */
    Q6_K_SUB_SCALES = 192,
    Q6_K_SCALE = 208,
    Q8_K_BLOCK_BYTES = 292,
    Q8_K_VALUES = 4, /* byte of the first */
    Q8_K_SUMS = 260,
};
