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

/*
 * Dot products in f32: one value is the sum of n products t = s * w * x (s = 1 where there is no scale), in an order and
 * grouping of the variant's own, with the scale applied to the weight, to the product or to any partial sum of its
 * block, but in at least eight partial sums, so that the error stays below that of eight running sums:
 *     |y - exact| <= (n / 8 + 16) * 2^-24 * sum |t|  +  2^-149 * sum (1 + |s| + |x|)
 * the second part being what denormal products lose. It holds as long as no |s * w| and neither sum |t| nor sum |w * x|
 * exceeds FLT_MAX; beyond that any value may come out. A NaN among the values used makes the result NaN, an infinity
 * makes it infinite or NaN; a table entry that no code picks is not used. The reference is held to the same bound.
 * Source: n additions in any order are off by at most (n - 1) roundings of the sum of magnitudes (Higham, Accuracy and
 * Stability of Numerical Algorithms, 4.2), here n / 8 of them per partial sum.
 */

/*
 * y[r] = sum over c in [0, cols) of scale[r * B + c / 256] * lut[code(r, c)] * x[c]     for r in [0, rows)
 *   y      [rows]           f32; any float alignment
 *   codes  [64 * B * rows]  QK256 layout (layout.h), B = ceil(cols / 256) blocks a row; any alignment. The last block of
 *                           a row is there whole; its codes from column cols on are ignored, whatever their value
 *   scale  [B * rows]       f32, any value; NULL: 1
 *   lut    [4]              f32, any values
 *   x      [cols]           f32, any values
 * rows, cols >= 0; without columns y is +0. y must not overlap an input. Error as above.
 */
typedef void qk_qk256_gemv_fn(float *restrict y, const uint8_t *restrict codes, const float *restrict scale,
                              const float *restrict lut, const float *restrict x, size_t rows, size_t cols);

/*
 * out[0] = sum over i in [0, n) of a[i] * b[i]
 *   out [1], a [n], b [n]  f32, any values; any float alignment
 * n >= 0; without elements +0. out must not overlap an input. Error as above.
 */
typedef void qk_f32_dot_fn(float *restrict out, const float *restrict a, const float *restrict b, size_t n);

#include "kernels/step_types.h"

#endif
