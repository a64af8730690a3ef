/* SPDX-License-Identifier: MIT */
/*
 * head4_gemv: one plane of 4 bits of a matrix, times a row of int8.
 *
 *     y[r] = sum over b of (float)(2 * s[r][b] - bias[b]) * (scale[r][b] * x_scale[b])
 *     s[r][b] = sum of code[r][c] * q[c] over the 32 columns of block b
 *
 *   y        [rows] f32
 *
 *   codes    [rows * columns / 2] HEAD4 order (layout.h), each 0 to 15
 *
 *   scale    [rows * columns / 32] IEEE binary16, HEAD4 order
 *
 *   q        [columns] i8, any value
 *
 *   bias     [columns / 32] i32, -2^24 to 2^24
 *
 *   x_scale  [columns / 32] f32
 *
 * With bias[b] = 15 * the sum of the block's q, a code means 2 * code - 15.
 * A finer plane of the same matrix has the same scales, and its y is worth a sixteenth.
 *
 * The inner sum is exact. It is converted to the nearest f32, the two scales are multiplied, and so are both,
 * each rounded. Blocks are added one by one in ascending order, from +0. Every variant gives the same bits.
 *
 * rows is a multiple of 16 (HEAD4_ROWS), columns of 32 (HEAD4_BLOCK). y overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_head4_gemv_fn(float *restrict y, const uint8_t *restrict codes,
                              const uint16_t *restrict scale, const int8_t *restrict q,
                              const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                              size_t columns);

/* QK_ERR_ARG also: rows or columns as above, a bias out of range. */
int qk_head4_gemv(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q, const int32_t *bias,
                  const float *x_scale, size_t rows, size_t columns, struct qk_error *err);
