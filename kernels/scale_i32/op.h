/* SPDX-License-Identifier: MIT */
/*
 * scale_i32: out[i] = (float)sum[i] * scale
 *
 *     out  [n]  f32, output
 *     sum  [n]  i32, any value
 *
 * The conversion rounds to nearest, ties to even, and so does the multiply: every variant returns the
 * reference's bits. out must not overlap sum. Source: what turns the exact products of int8 activations and
 * ternary weights into activations (BitNet b1.58 2B4T).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_scale_i32_fn(float *restrict out, const int32_t *restrict sum, float scale, size_t n);

int qk_scale_i32(float *out, const int32_t *sum, float scale, size_t n, struct qk_error *err);
