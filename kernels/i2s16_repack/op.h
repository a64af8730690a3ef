/* SPDX-License-Identifier: MIT */
/*
 * i2s16_repack: the same codes from I2_S order in I2S16 order (layout.h). Rows of code 1 pad the rows to a
 * multiple of 16.
 *
 *     out    [ceil(rows / 16) * 16 * columns / 4]  output, I2S16 order; any alignment
 *     codes  [rows * columns / 4]                  I2_S order; any alignment
 *
 * columns is a multiple of 128 (I2S_BLOCK), from 128 to I2S_COLUMNS_MAX. rows >= 0. The two must not overlap.
 * Every variant writes the reference's bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_i2s16_repack_fn(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows,
                                size_t columns);

/* The number of bytes that a matrix takes in I2S16 order. QK_ERR_ARG, QK_ERR_MEMORY. */
int qk_i2s16_bytes(size_t rows, size_t columns, size_t *bytes, struct qk_error *err);
/* To be called once, at load. QK_ERR_ARG also: columns as above; sizes that are not exactly those above. */
int qk_i2s16_make(uint8_t *out, size_t out_bytes, const uint8_t *codes, size_t code_bytes, size_t rows,
                  size_t columns, struct qk_error *err);
