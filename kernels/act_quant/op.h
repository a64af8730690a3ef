/* SPDX-License-Identifier: MIT */
/*
 * act_quant: f32 rows to int8, one scale per row.
 *
 *     q      [rows * columns]  i8, output
 *     scale  [rows]            f32, output
 *     sum    [rows]            i32, output, the sum of the row's q
 *     x      [rows * columns]  f32
 *
 *     a = max(1e-5, max |x|) of the row;   scale = 127 / a;   q = x * scale, rounded to nearest, ties to even
 *
 * x is about q / scale, and q lies in [-127, 127]. The floor of 1e-5 makes a row of zeros or denormals all 0,
 * with scale 1.27e7. A row with a NaN or an infinity has scale NaN, and its q and sum are 0. So whatever is
 * multiplied or divided by that scale is NaN. columns <= 16909320, so that the sum fits. No output may
 * overlap another buffer. The results are exact: every variant gives the same bytes. Source: formula of the
 * BitNet b1.58 reference model (absmax per token, floor 1e-5, round half to even).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_act_quant_fn(int8_t *restrict q, float *restrict scale, int32_t *restrict sum,
                             const float *restrict x, size_t rows, size_t columns);

/* QK_ERR_ARG also: more than 16909320 columns. */
int qk_act_quant(int8_t *q, float *scale, int32_t *sum, const float *x, size_t rows, size_t columns,
                 struct qk_error *err);
