/* SPDX-License-Identifier: MIT */
/*
 * i2s16_gemv: as i2s_gemv, from I2S16 order (layout.h).
 *
 *     y      [rows]                                i32, output
 *     codes  [ceil(rows / 16) * 16 * columns / 4]  the padding of the last rows is read, but decides nothing
 *     q      [columns]                             i8, any value; any alignment
 *     q_sum  i32, the sum of q
 *
 * columns is a multiple of 128 (I2S_BLOCK), from 128 to I2S_COLUMNS_MAX. rows >= 0. y must not overlap an
 * input. Every variant returns the reference's bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_i2s16_gemv_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              int32_t q_sum, size_t rows, size_t columns);

/*
 * QK_ERR_ARG also: columns as above; code_bytes is not what qk_i2s16_bytes says; q_sum is not the sum of q.
 */
int qk_i2s16_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                    size_t rows, size_t columns, struct qk_error *err);
