/* SPDX-License-Identifier: MIT */
/*
 * softmax: out[i] = e[i] * (1 / sum of e),   e[i] = exp(x[i] - max x)
 *
 *     out  [n]  f32, output
 *     x    [n]  f32
 *
 * exp is as in exp.h: its error is below 1 unit in the last place, and it is 0 below -87. sums.h defines the
 * sum. Every variant returns the reference's bits. The relative error of an output that is not flushed to 0
 * is below (ceil(n / 64) + 12) u, u = 2^-24. The rounded difference adds u |x[i] - max| to that. NaN or
 * +infinity anywhere makes every output NaN, and so do inputs that are all -infinity. out must not overlap x.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_softmax_fn(float *restrict out, const float *restrict x, size_t n);

int qk_softmax(float *out, const float *x, size_t n, struct qk_error *err);
