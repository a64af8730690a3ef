/* SPDX-License-Identifier: MIT */
/*
 * relu2_mul: out[i] = (t * t) * up[i],   t = gate[i] < 0 ? 0 : gate[i]
 *
 *     out   [n]  f32, output
 *     gate  [n]  f32
 *     up    [n]  f32
 *
 * There are two multiplies, each rounded: every variant returns the reference's bits. NaN in gate stays NaN,
 * because its comparison with 0 is false. 0 times an infinite or NaN `up` is NaN. out must not overlap an
 * input. Source: feed-forward of BitNet b1.58 2B4T (squared ReLU on the gate branch only).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_relu2_mul_fn(float *restrict out, const float *restrict gate, const float *restrict up,
                             size_t n);

int qk_relu2_mul(float *out, const float *gate, const float *up, size_t n, struct qk_error *err);
