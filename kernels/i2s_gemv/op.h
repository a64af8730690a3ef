/* SPDX-License-Identifier: MIT */
/*
 * i2s_gemv: ternary weights x int8.
 *
 *     y[m] = sum over k of code(m, k) * q[k], minus q_sum, modulo 2^32.      m < rows, k < columns
 *
 * q_sum is the sum of q. Then y is exactly the sum of (code - 1) * q, which stays below 2^31 for every input.
 *
 *     y      [rows]                i32, output
 *     codes  [rows * columns / 4]  I2_S order (layout.h); any alignment; code 3 counts as +2
 *     q      [columns]             i8, any value, -128 too; any alignment
 *
 * columns is a multiple of 128 (I2S_BLOCK), from 128 to I2S_COLUMNS_MAX. rows >= 0. y must not overlap an
 * input. These are integers: every variant returns the reference's bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_i2s_gemv_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                            int32_t q_sum, size_t rows, size_t columns);

/* QK_ERR_ARG also: columns as above; code_bytes is not rows * columns / 4; q_sum is not the sum of q. */
int qk_i2s_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                  size_t rows, size_t columns, struct qk_error *err);
