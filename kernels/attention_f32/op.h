/* SPDX-License-Identifier: MIT */
/*
 * attention_f32: one token's query heads over a cache of keys and values. A group of heads / kv_heads
 * consecutive heads h shares one kv head g.
 *
 *     out     [heads * dim]                 f32, output
 *     weight  [heads * positions]           f32, output, the softmax
 *     q       [heads * dim]                 f32
 *     k, v    [positions * kv_heads * dim]  f32, position by position as they are appended
 *
 *     weight[h][p] = softmax over p of (sum over d of k[p][g][d] * q[h][d]) * scale
 *     out[h][d]    = sum over p, ascending, of weight[h][p] * v[p][g][d]
 *
 * weight is an output because the kernel may not allocate. kv_heads divides heads. sums.h defines the dot
 * products, softmax/op.h the softmax. The sum over positions is one running sum per d, from +0. Every variant
 * returns the reference's bits. No output may overlap another buffer. The caller sees to causality: it passes
 * only positions that the token may see.
 *
 * Error of out against exact arithmetic on the same weights, with u = 2^-24:
 *
 *     (positions + 1) u / (1 - (positions + 1) u) * sum over p of |weight * v|
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_attention_f32_fn(float *restrict out, float *restrict weight, const float *restrict q,
                                 const float *restrict k, const float *restrict v, size_t positions,
                                 size_t heads, size_t kv_heads, size_t dim, float scale);

/* QK_ERR_ARG also: no positions; kv_heads that is 0 or does not divide heads. */
int qk_attention_f32(float *out, float *weight, const float *q, const float *k, const float *v,
                     size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err);
