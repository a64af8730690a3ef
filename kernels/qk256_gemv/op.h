/* SPDX-License-Identifier: MIT */
/*
 * qk256_gemv: a matrix of 2-bit codes times a vector of f32.
 *
 *     y[r] = sum over c in [0, cols) of scale[r * B + c / 256] * lut[code(r, c)] * x[c]    for r in [0, rows)
 *
 *     y      [rows]           f32, output; any float alignment
 *     codes  [64 * B * rows]  QK256 layout (layout.h), B = ceil(cols / 256) blocks a row; any alignment
 *     scale  [B * rows]       f32, any value; NULL: 1
 *     lut    [4]              f32, any values
 *     x      [cols]           f32, any values
 *
 * The last block of a row is there whole. Its codes from column cols on are ignored, whatever their value.
 * rows, cols >= 0; without columns y is +0. y must not overlap an input. dot.h states the error that is
 * allowed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_qk256_gemv_fn(float *restrict y, const uint8_t *restrict codes, const float *restrict scale,
                              const float *restrict lut, const float *restrict x, size_t rows, size_t cols);

/* scale may be NULL. QK_ERR_ARG also: code_bytes is not exactly 64 for each block. */
int qk_qk256_multiply(float *y, const uint8_t *codes, size_t code_bytes, const float *scale, const float *lut,
                      const float *x, size_t rows, size_t cols, struct qk_error *err);
