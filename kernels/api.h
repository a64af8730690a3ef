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

#endif
