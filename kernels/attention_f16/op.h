/* SPDX-License-Identifier: MIT */
/*
 * attention_f16: as attention_f32 (attention_f32/op.h), over a cache of IEEE binary16. The cache's elements
 * are widened exactly.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_attention_f16_fn(float *restrict out, const float *restrict q, const uint16_t *restrict k,
                                 const uint16_t *restrict v, size_t tokens, size_t stride, size_t positions,
                                 size_t heads, size_t kv_heads, size_t dim, float scale);

/* QK_ERR_ARG also: as qk_attention_f32. */
int qk_attention_f16(float *out, const float *q, const uint16_t *k, const uint16_t *v, size_t tokens,
                     size_t stride, size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err);
