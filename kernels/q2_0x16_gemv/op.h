/* SPDX-License-Identifier: MIT */
/*
 * q2_0x16_gemv: 2-bit codes with a scale per group, 16 rows interleaved, times a row of int8.
 *
 *     y[r] = sum over b of (float)(s[r][b] - bias[b]) * (scale[r][b * block / group] * x_scale[b])
 *     s[r][b] = sum of code[r][c] * q[c] over the `block` columns of block b
 *
 *   y        [rows] f32
 *
 *   codes    [rows * columns / 4] I2S16 order (layout.h), any codes
 *
 *   scale    [rows * columns / group] IEEE binary16: 16 rows, group by group, then the next 16 rows
 *
 *   q        [columns] i8, any value
 *
 *   bias     [columns / block] i32, -2^24 to 2^24
 *
 *   x_scale  [columns / block] f32
 *
 * With bias[b] = the sum of the block's q, a code means code - 1. Q8_0 activations have a block of 32. For
 * int8 with one scale per token the block is the group, and every x_scale is that scale.
 *
 * The inner sum is exact. Less the bias, it is converted to the nearest f32. The two scales are multiplied,
 * and so are both, each rounded. Blocks are added one by one in ascending order, from +0. Every variant gives
 * the same bits, but a NaN's payload is free.
 *
 * group is 64, 128 or 256, block 32 or group. rows is a multiple of 16 (I2S16_ROWS), columns of group. y
 * overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_q2_0x16_gemv_fn(float *restrict y, const uint8_t *restrict codes,
                                const uint16_t *restrict scale, const int8_t *restrict q,
                                const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                                size_t columns, size_t group, size_t block);

/* QK_ERR_ARG also: group, block, rows or columns as above, a bias out of range. */
int qk_q2_0x16_gemv(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q,
                    const int32_t *bias, const float *x_scale, size_t rows, size_t columns, size_t group,
                    size_t block, struct qk_error *err);
