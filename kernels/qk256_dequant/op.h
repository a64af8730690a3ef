/* SPDX-License-Identifier: MIT */
/*
 * qk256_dequant: out[256b + e] = lut[code(b, e)] * scale[b]     for b in [0, blocks), e in [0, 256)
 *
 *     out    [256 * blocks]  f32, output; any float alignment
 *     codes  [64 * blocks]   QK256 layout (layout.h); any alignment
 *     scale  [blocks]        f32, any value
 *     lut    [4]             f32, any values
 *
 * blocks >= 0. out must not overlap an input. Each element is one f32 multiply, rounded to nearest even.
 * Every variant returns the reference's bits, with one exception: a table entry and its scale are both NaN.
 * Which payload survives then depends on the order of the operands, and the compiler chooses that. Source:
 * formula and layout as in layout.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_qk256_dequant_fn(float *restrict out, const uint8_t *restrict codes,
                                 const float *restrict scale, const float *restrict lut, size_t blocks);

/* QK_ERR_ARG also: block_size is not 256; code_bytes is not exactly 64 for each block. */
int qk_qk256_dequantise(float *out, const uint8_t *codes, size_t code_bytes, const float *scale,
                        size_t blocks, const float *lut, size_t block_size, struct qk_error *err);
