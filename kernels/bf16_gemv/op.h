/* SPDX-License-Identifier: MIT */
/*
 * bf16_gemv: y[r] = sum over c of w[r][c] * x[c]
 *
 *     y  [rows]            f32, output
 *     w  [rows * columns]  BF16: the upper half of an f32
 *     x  [columns]         f32
 *
 * Every BF16 is an f32. sums.h defines the sum: every variant returns the reference's bits, but a NaN's
 * payload is free. y must not overlap an input.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_bf16_gemv_fn(float *restrict y, const uint16_t *restrict w, const float *restrict x,
                             size_t rows, size_t columns);

int qk_bf16_gemv(float *y, const uint16_t *w, const float *x, size_t rows, size_t columns,
                 struct qk_error *err);
