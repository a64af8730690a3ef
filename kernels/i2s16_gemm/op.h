/* SPDX-License-Identifier: MIT */
/*
 * i2s16_gemm: as i2s16_gemv, for several rows of activations.
 *
 *     y[t][m] = sum over k of code(m, k) * q[t][k], minus q_sum[t]
 *
 *     y      [tokens * rows]                        i32, output, one row of outputs per token
 *     codes  [ceil(rows / 16) * 16 * columns / 4]   I2S16 order
 *     q      [tokens * columns]                     i8
 *     q_sum  [tokens]                               i32
 *
 * tokens >= 0; the op is meant for 2 and more. Everything else is as for i2s16_gemv.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_i2s16_gemm_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens);

/* QK_ERR_ARG also: as qk_i2s16_matvec, for each row of q. */
int qk_i2s16_matmul(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q,
                    const int32_t *q_sum, size_t rows, size_t columns, size_t tokens, struct qk_error *err);
