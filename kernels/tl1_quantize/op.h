/* SPDX-License-Identifier: MIT */
/*
 * tl1_quantize: f32 to 2-bit codes of the nearest of the levels -1, -0.33, 0.33, 1, one scale per block of
 * 64.
 *
 *     codes  [ceil(n / 4)]   output, bytes of four codes, least significant bits first
 *     scale  [ceil(n / 64)]  f32, output
 *     x      [n]             f32
 *
 *     m = max |x| of the block;   scale = m / 1.5, or 1 when m <= 1e-8;   v = x / scale, rounded
 *
 * The last block may be short. The code is that of the level nearest to v; when two are equally near, the
 * lower one. That choice is made without rounding. A block with a NaN or an infinity has scale NaN and codes
 * 0. Surplus codes of the last byte are 0. No output may overlap another buffer. Every variant gives the same
 * bytes. Source: EffortlessMetrics/BitNet-rs, crates/bitnet-kernels/src/cpu/fallback.rs. This is not the TL1
 * of bitnet.cpp.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_tl1_quantize_fn(uint8_t *restrict codes, float *restrict scale, const float *restrict x,
                                size_t n);

int qk_tl1_quantize(uint8_t *codes, float *scale, const float *x, size_t n, struct qk_error *err);
