/* SPDX-License-Identifier: MIT */
/*
 * q2_0x16_gemm: as q2_0x16_gemv, for several rows of activations.
 *
 *     y[t][r] = sum over b of (float)(s[t][r][b] - bias[t][b]) * (scale[r][b * block / group] * x_scale[t][b])
 *     s[t][r][b] = sum of code[r][c] * q[t][c] over the `block` columns of block b
 *
 *   y        [tokens * rows] f32, one row of outputs per token
 *
 *   codes    [rows * columns / 4] I2S16 order (layout.h), any codes
 *
 *   scale    [rows * columns / group] IEEE binary16: 16 rows, group by group, then the next 16 rows
 *
 *   q        [tokens * columns] i8, any value
 *
 *   bias     [tokens * columns / block] i32, -2^24 to 2^24
 *
 *   x_scale  [tokens * columns / block] f32
 *
 * Each row of y has the bits that q2_0x16_gemv gives it. tokens >= 0; the op is meant for 2 and more.
 * Everything else is as for q2_0x16_gemv.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_q2_0x16_gemm_fn(float *restrict y, const uint8_t *restrict codes,
                                const uint16_t *restrict scale, const int8_t *restrict q,
                                const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                                size_t columns, size_t group, size_t block, size_t tokens);

/* QK_ERR_ARG also: as qk_q2_0x16_gemv, for each row of bias. */
int qk_q2_0x16_gemm(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q,
                    const int32_t *bias, const float *x_scale, size_t rows, size_t columns, size_t group,
                    size_t block, size_t tokens, struct qk_error *err);
