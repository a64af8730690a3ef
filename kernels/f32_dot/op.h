/* SPDX-License-Identifier: MIT */
/*
 * f32_dot: out[0] = sum over i in [0, n) of a[i] * b[i]
 *
 *     out   [1]  f32, output
 *     a, b  [n]  f32, any values; any float alignment
 *
 * n >= 0. Without elements the result is +0. out must not overlap an input. dot.h states the error that is
 * allowed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_f32_dot_fn(float *restrict out, const float *restrict a, const float *restrict b, size_t n);

int qk_f32_dot(float *out, const float *a, const float *b, size_t n, struct qk_error *err);
