/* SPDX-License-Identifier: MIT */
/*
 * Checked entry points: they validate everything a caller can get wrong, write nothing on error, and run the
 * best variant this machine has. For callers outside the harness; the harness calls the table's rows
 * directly.
 */
#ifndef QKBENCH_KERNELS_API_H
#define QKBENCH_KERNELS_API_H

#include "kernels/support.h"

/*
 * out[256b + e] = lut[code(b, e)] * scale[b] (kernels.h, qk_qk256_dequant_fn).
 *   out    [256 * blocks] f32     codes  [code_bytes] QK256 layout     scale [blocks] f32     lut [4] f32
 * No buffer may be NULL (blocks == 0 included) or misaligned for its type, and out may not overlap another.
 * QK_ERR_ARG: block_size is not 256; code_bytes is not exactly 64 per block; a NULL, misaligned or
 * overlapping buffer; an unknown name in QK_DISABLE_ISA. QK_ERR_MEMORY: a size overflows. Every text says
 * what was found and what was expected.
 */
int qk_qk256_dequantise(float *out, const uint8_t *codes, size_t code_bytes, const float *scale,
                        size_t blocks, const float *lut, size_t block_size, struct qk_error *err);

/*
 * Ternary weights x int8 (op_types.h). columns: 128 to 262144, a multiple of 128. Buffers in I2_S order take
 * rows * columns / 4 bytes; qk_i2s16_bytes says what the interleave takes: the same with rows up to a multiple of 16.
 * The sizes handed over must be exactly these. q_sum must be the sum of q (of each row of it): it is checked.
 *   y [rows] i32, for matmul [tokens][rows]     q [columns] i8, for matmul [tokens][columns]
 * No buffer may be NULL (rows or tokens 0 included) or misaligned for its type, and the output may not overlap another.
 * QK_ERR_ARG, QK_ERR_MEMORY as above.
 */
int qk_i2s16_bytes(size_t rows, size_t columns, size_t *bytes, struct qk_error *err);
/* From I2_S order to the interleave, once at load. */
int qk_i2s16_make(uint8_t *out, size_t out_bytes, const uint8_t *codes, size_t code_bytes, size_t rows,
                  size_t columns, struct qk_error *err);
int qk_i2s_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                  size_t rows, size_t columns, struct qk_error *err);
int qk_i2s16_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                    size_t rows, size_t columns, struct qk_error *err);
int qk_i2s16_matmul(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q,
                    const int32_t *q_sum, size_t rows, size_t columns, size_t tokens, struct qk_error *err);

/*
 * y = W x: y[r] = sum over c of scale[r * B + c / 256] * lut[code(r, c)] * x[c] (op_types.h, qk_qk256_gemv_fn), B =
 * ceil(cols / 256). The last block of a row is there whole; its surplus codes are ignored.
 *   y [rows] f32     codes [code_bytes] QK256 layout     scale [rows * B] f32 or NULL: 1     lut [4] f32     x [cols] f32
 * No other buffer may be NULL (rows == 0 and cols == 0 included) or misaligned for its type, and y may not overlap
 * another. QK_ERR_ARG: code_bytes is not exactly 64 for each block; a NULL, misaligned or overlapping buffer; an unknown
 * name in QK_DISABLE_ISA. QK_ERR_MEMORY: a size overflows.
 */
int qk_qk256_multiply(float *y, const uint8_t *codes, size_t code_bytes, const float *scale, const float *lut,
                      const float *x, size_t rows, size_t cols, struct qk_error *err);

/*
 * out[0] = sum of a[i] * b[i] (op_types.h, qk_f32_dot_fn).
 *   out [1] f32     a [n] f32     b [n] f32
 * Refusals as above.
 */
int qk_f32_dot(float *out, const float *a, const float *b, size_t n, struct qk_error *err);

#include "kernels/step_api.h"

#endif
