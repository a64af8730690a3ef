/* SPDX-License-Identifier: MIT */
/*
 * The type of each op's kernels, qk_<op>_fn, and its contract: what one call computes, from which arrays, of which
 * sizes and alignment. Kernels are pure and cannot fail; what a caller can get wrong is checked in api.h.
 */
#ifndef QKBENCH_KERNELS_OP_TYPES_H
#define QKBENCH_KERNELS_OP_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*
 * out[256b + e] = lut[code(b, e)] * scale[b]     for b in [0, blocks), e in [0, 256)
 *   out    [256 * blocks]  f32; any float alignment
 *   codes  [64 * blocks]   QK256 layout (layout.h); any alignment
 *   scale  [blocks]        f32, any value
 *   lut    [4]             f32, any values
 * blocks >= 0. out must not overlap an input. One f32 multiply per element, rounded to nearest even: every
 * variant returns the reference's bits, unless a table entry and its scale are both NaN (which payload
 * survives is then the order of the operands, and that is the compiler's). Source: formula and layout as in
 * layout.h.
 */
typedef void qk_qk256_dequant_fn(float *restrict out, const uint8_t *restrict codes,
                                 const float *restrict scale, const float *restrict lut, size_t blocks);

/*
 * Ternary weights x int8: y[m] = sum over k of code(m, k) * q[k], minus q_sum, modulo 2^32.      m < rows, k < columns
 * With q_sum = the sum of q that is the sum of (code - 1) * q, exactly: it stays below 2^31 for every input.
 *   y      [rows]                i32
 *   codes  [rows * columns / 4]  I2_S order (layout.h); any alignment; code 3 counts as +2
 *   q      [columns]             i8, any value, -128 too; any alignment
 * columns: 128 (I2S_BLOCK) to I2S_COLUMNS_MAX, a multiple of 128; rows >= 0. y must not overlap an input. Integers:
 * every variant returns the reference's bits.
 */
typedef void qk_i2s_gemv_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                            int32_t q_sum, size_t rows, size_t columns);

/*
 * The same codes from I2_S order in I2S16 order (layout.h), rows padded to a multiple of 16 with code 1.
 *   out    [ceil(rows / 16) * 16 * columns / 4]      codes  [rows * columns / 4]      any alignment, no overlap
 * columns as for i2s_gemv.
 */
typedef void qk_i2s16_repack_fn(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows,
                                size_t columns);

/*
 * As i2s_gemv, from I2S16 order.
 *   codes  [ceil(rows / 16) * 16 * columns / 4]; the padding of the last rows is read, but decides nothing
 */
typedef void qk_i2s16_gemv_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              int32_t q_sum, size_t rows, size_t columns);

/*
 * The same for several rows of activations: y[t][m] = sum over k of code(m, k) * q[t][k], minus q_sum[t].
 *   y      [tokens * rows]     i32, one row of outputs per token
 *   q      [tokens * columns]  i8       q_sum  [tokens] i32
 * tokens >= 0; meant for 2 and more. Everything else as for i2s16_gemv.
 */
typedef void qk_i2s16_gemm_fn(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens);

#endif
