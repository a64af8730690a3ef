/* SPDX-License-Identifier: MIT */
/*
 * q2_0x16_repack: a matrix in blocks of ggml's files to codes in I2S16 order and scales beside them, as
 * q2_0x16_gemv wants them (layout.h has all orders). To be called once, at load.
 *
 *   codes  [ceil(rows / 16) * 16 * columns / 4] output, I2S16 order
 *
 *   scale  [ceil(rows / 16) * 16 * columns / group] output, IEEE binary16 as it stands in the blocks: 16 rows,
 *          group by group, then the next 16 rows
 *
 *   from   [rows * columns / group * block_bytes] bytes, any scales and codes; any alignment
 *
 * block_bytes says which blocks these are, and so the group:
 *
 *     18   Q2_0, 64 weights a scale (Q2_0_BLOCK_BYTES)
 *     34   Q2_0, 128 weights a scale (Q2_0_BLOCK_BYTES_LARGE)
 *     66   TQ2_0, 256 weights a scale (TQ2_0_BLOCK_BYTES)
 *     54   TQ1_0, 256 weights a scale (TQ1_0_BLOCK_BYTES)
 *
 * Rows of code 1 with scale 0 pad the rows to a multiple of 16. columns is a multiple of group, at most
 * I2S_COLUMNS_MAX. rows >= 0. The outputs overlap nothing. Every variant writes the reference's bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_q2_0x16_repack_fn(uint8_t *restrict codes, uint16_t *restrict scale,
                                  const uint8_t *restrict from, size_t rows, size_t columns,
                                  size_t block_bytes);

/* The weights a scale in such blocks, or 0 if block_bytes is none of the above. */
size_t qk_q2_0x16_group(size_t block_bytes);
/* QK_ERR_ARG also: block_bytes or columns as above. QK_ERR_MEMORY: a size overflows. */
int qk_q2_0x16_repack(uint8_t *codes, uint16_t *scale, const uint8_t *from, size_t rows, size_t columns,
                      size_t block_bytes, struct qk_error *err);
