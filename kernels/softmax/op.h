/* SPDX-License-Identifier: MIT */
/*
 * softmax: out[i] = e[i] * (1 / sum of e),   e[i] = exp(x[i] - max x)
 *   out [n] f32    x [n] f32
 * exp as in exp.h: below 1 unit in the last place, and 0 below -87. The sum is as sums.h defines it; all to
 * the bit. The relative error of an output that is not flushed is below (ceil(n / 64) + 12) u, u = 2^-24,
 * plus u |x[i] - max| for the rounded difference. NaN or +infinity anywhere, or nothing but -infinity, makes
 * every output NaN. out overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_softmax_fn(float *restrict out, const float *restrict x, size_t n);

int qk_softmax(float *out, const float *x, size_t n, struct qk_error *err);
