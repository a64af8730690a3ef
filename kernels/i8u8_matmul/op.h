/* SPDX-License-Identifier: MIT */
/*
 * i8u8_matmul: out[m][n] = (float)(sum over k of a[m][k] * b[k][n])
 *
 *     out  [rows * columns]   f32, output
 *     a    [rows * depth]     i8, row by row
 *     b    [depth * columns]  u8, row by row
 *
 * The sum is exact in 32 bits because depth <= 65793 (128 * 255 * 65793 < 2^31). It is converted to the
 * nearest f32, so every variant gives the same bits. out must not overlap an input. Source:
 * EffortlessMetrics/BitNet-rs, crates/bitnet-kernels (matmul_i2s). That adds in f32, which is the same below
 * 2^24.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_i8u8_matmul_fn(float *restrict out, const int8_t *restrict a, const uint8_t *restrict b,
                               size_t rows, size_t depth, size_t columns);

/* QK_ERR_ARG also: a depth above 65793. */
int qk_i8u8_matmul(float *out, const int8_t *a, const uint8_t *b, size_t rows, size_t depth, size_t columns,
                   struct qk_error *err);
