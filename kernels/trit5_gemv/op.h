/* SPDX-License-Identifier: MIT */
/*
 * trit5_gemv: as i2s_gemv, from TRIT5 order (layout.h).
 *
 *     y      [rows]                                          i32, output
 *     codes  [ceil(rows / 16) * 16 * ceil(columns / 20) * 4]  any bytes; any alignment. The padding is read,
 *                                                             but decides nothing
 *     q      [columns]                                       i8, any value; any alignment
 *     q_sum  i32, the sum of q
 *
 * columns is a multiple of 128 (I2S_BLOCK), from 128 to I2S_COLUMNS_MAX. rows >= 0. y must not overlap an
 * input. Every variant returns the reference's bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_trit5_gemv_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              int32_t q_sum, size_t rows, size_t columns);

/* The number of bytes that a matrix takes in TRIT5 order. QK_ERR_ARG, QK_ERR_MEMORY. */
int qk_trit5_bytes(size_t rows, size_t columns, size_t *bytes, struct qk_error *err);
/*
 * Writes the codes, which are in I2_S order, in TRIT5 order. To be called once, at load. QK_ERR_ARG also:
 * columns as above; sizes that do not fit; a code 3, which TRIT5 does not have.
 */
int qk_trit5_make(uint8_t *out, size_t out_bytes, const uint8_t *codes, size_t code_bytes, size_t rows,
                  size_t columns, struct qk_error *err);
/*
 * QK_ERR_ARG also: columns as above; code_bytes is not what qk_trit5_bytes says; q_sum is not the sum of q.
 */
int qk_trit5_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                    size_t rows, size_t columns, struct qk_error *err);
