/* SPDX-License-Identifier: MIT */
/*
 * i8_gemv: y[r] = (float)(sum over c of w[r][c] * q[c]) * (scale[r] * x_scale[0])
 *
 *     y        [rows]            f32, output
 *     w        [rows * columns]  i8
 *     q        [columns]         i8
 *     scale    [rows]            f32, one for each row of weights
 *     x_scale  [1]               f32, 1 / the scale that act_quant gave
 *
 * The sum is exact in 32 bits because columns <= 131071 (128 * 128 * 131071 < 2^31). It is converted to the
 * nearest f32. Then come two multiplies, each rounded. Every variant gives the same bits. y must not overlap
 * an input.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_i8_gemv_fn(float *restrict y, const int8_t *restrict w, const int8_t *restrict q,
                           const float *restrict scale, const float *restrict x_scale, size_t rows,
                           size_t columns);

/* QK_ERR_ARG also: more than 131071 columns. */
int qk_i8_gemv(float *y, const int8_t *w, const int8_t *q, const float *scale, const float *x_scale,
               size_t rows, size_t columns, struct qk_error *err);
