/* SPDX-License-Identifier: MIT */
/*
 * f16_gemv: y[r] = sum over c of w[r][c] * x[c]
 *   y [rows] f32    w [rows * columns] IEEE binary16    x [columns] f32
 * Weights are widened exactly, denormals, infinities and NaN included. The sum is as sums.h defines it, to
 * the bit. y overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_f16_gemv_fn(float *restrict y, const uint16_t *restrict w, const float *restrict x,
                            size_t rows, size_t columns);

int qk_f16_gemv(float *y, const uint16_t *w, const float *x, size_t rows, size_t columns,
                struct qk_error *err);
