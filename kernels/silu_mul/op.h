/* SPDX-License-Identifier: MIT */
/*
 * silu_mul: out[i] = gate[i] / (1 + exp(-gate[i])) * up[i]
 *
 *     out   [n]  f32, output
 *     gate  [n]  f32
 *     up    [n]  f32
 *
 * With e = exp(-|gate|) by exp.h, this is what is computed, each operation rounded:
 *
 *     gate * ((gate < 0 ? e : 1) / (1 + e)) * up
 *
 * Every variant returns the reference's bits. The error is below 5 units in the last place. Below -87 the
 * result is -0 * up, where the true factor is above -2e-36. NaN in gate stays NaN, +infinity stays, and
 * -infinity gives NaN. out must not overlap an input. Source: feed-forward of the Llama family; Elfwing et
 * al., arXiv 1702.03118.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_silu_mul_fn(float *restrict out, const float *restrict gate, const float *restrict up,
                            size_t n);

int qk_silu_mul(float *out, const float *gate, const float *up, size_t n, struct qk_error *err);
