/* SPDX-License-Identifier: MIT */
/*
 * q6_k_gemv: a matrix in Q6_K order, as files hold it, times a row of f32
 *
 *     y[r] = sum over c of w[r][c] * x[c]
 *
 *     y  [rows]                       f32, output
 *     w  [rows * columns / 256 * 210]   bytes, any scales and values (layout.h); any alignment
 *     x  [columns]                    f32
 *
 * A weight is scale * sub-scale * (code - 32), multiplied from left to right. That has 23 bits at most, so
 * f32 holds it exactly. sums.h defines the sum. Every variant returns the reference's bits, but a NaN's
 * payload is free. So a logit does not depend on the type that a head's weights are stored in, but on
 * their values.
 *
 * columns is a multiple of 256. y overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_q6_k_gemv_fn(float *restrict y, const uint8_t *restrict w, const float *restrict x,
                             size_t rows, size_t columns);

/* QK_ERR_ARG also: columns as above. */
int qk_q6_k_gemv(float *y, const uint8_t *w, const float *x, size_t rows, size_t columns,
                 struct qk_error *err);
