/* SPDX-License-Identifier: MIT */
/*
 * rmsnorm: out[i] = (x[i] * f) * w[i],   f = 1 / sqrt((float)(sum of x[i]^2 / n) + epsilon)
 *
 *     out      [n]  f32, output
 *     x, w     [n]  f32
 *     epsilon  >= 0
 *
 * Squares are exact in f64 and added in f64, in 32 partial sums that are folded as in sums.h. The mean is
 * rounded to f32. Then +, sqrt, / and the two multiplies are rounded once each. Every variant returns the
 * reference's bits. The relative error is below 6u, u = 2^-24, where nothing underflows. A mean beyond the
 * largest f32 makes f 0. An infinite x makes f 0 and its own output NaN. A NaN makes all outputs NaN. out
 * must not overlap an input. Source: BitNet b1.58 reference model; order of the multiplies and the f64 sum as
 * in ggml.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_rmsnorm_fn(float *restrict out, const float *restrict x, const float *restrict w, size_t n,
                           float epsilon);

/* QK_ERR_ARG also: an epsilon that is negative, infinite or NaN. */
int qk_rmsnorm(float *out, const float *x, const float *w, size_t n, float epsilon, struct qk_error *err);
