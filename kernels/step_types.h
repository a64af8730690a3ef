/* SPDX-License-Identifier: MIT */
/*
 * Types and contracts of the ops a transformer spends its other time in: activations, output head, vector steps,
 * attention, and the quantisers and unpacked product of the runtime the roadmap is about. Part of op_types.h, and under
 * its rules: kernels are pure, outputs overlap nothing, pointers are aligned for their element type and no more is
 * assumed.
 *
 * Sums. A sum of f32 terms is defined to the last bit, so that every variant on every machine gives the same result:
 * term i goes to partial sum i mod 64, in ascending i, each starting at +0; then the upper half of the partial sums is
 * added to the lower half, 64 to 32 to 16 and so on to 1 (sums.h). Products are rounded before they are added: no fused
 * multiply-add, which the level BASE lacks. Against the exact sum of n terms t: |error| <= g * sum |t| with
 * g = k u / (1 - k u), k = ceil(n / 64) + 6 additions and 1 more for the product, u = 2^-24 (Higham, "Accuracy and
 * Stability of Numerical Algorithms", 2nd ed., ch. 3 and 4). Where a result is NaN, its payload is free.
 */
#ifndef QKBENCH_KERNELS_STEP_TYPES_H
#define QKBENCH_KERNELS_STEP_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*
 * act_quant: f32 rows to int8, one scale per row.
 *   q [rows * columns] i8    scale [rows] f32    sum [rows] i32    x [rows * columns] f32
 * a = max(1e-5, max |x|) of the row; scale = 127 / a; q = x * scale, rounded to nearest, ties to even; sum = sum of q.
 * x is about q / scale; q lies in [-127, 127]. The floor makes a row of zeros or denormals all 0, with
 * scale 1.27e7. A row with a NaN or an infinity has scale NaN, q and sum 0, so that whatever is scaled by it is
 * NaN. columns <= 16909320, so that the sum fits. Exact: every variant gives the same bytes. Source: formula of the
 * BitNet b1.58 reference model (absmax per token, floor 1e-5, round half to even).
 */
typedef void qk_act_quant_fn(int8_t *restrict q, float *restrict scale, int32_t *restrict sum,
                             const float *restrict x, size_t rows, size_t columns);

/*
 * f16_gemv: y[r] = sum over c of w[r][c] * x[c]
 *   y [rows] f32    w [rows * columns] IEEE binary16    x [columns] f32
 * Weights are widened exactly (denormals, infinities, NaN included); the sum is as said above, to the bit.
 */
typedef void qk_f16_gemv_fn(float *restrict y, const uint16_t *restrict w, const float *restrict x,
                            size_t rows, size_t columns);

/*
 * i8_gemv: y[r] = (float)(sum over c of w[r][c] * q[c]) * (scale[r] * x_scale[0])
 *   y [rows] f32    w [rows * columns] i8    q [columns] i8    scale [rows] f32    x_scale [1] f32
 * scale: of each row of weights; x_scale: 1 / the scale act_quant gave. The sum is exact in 32 bits, columns <= 131071
 * (128 * 128 * 131071 < 2^31), then converted to the nearest f32; two multiplies, each rounded. Every variant gives
 * the same bits.
 */
typedef void qk_i8_gemv_fn(float *restrict y, const int8_t *restrict w, const int8_t *restrict q,
                           const float *restrict scale, const float *restrict x_scale, size_t rows,
                           size_t columns);

/*
 * rmsnorm: out[i] = (x[i] * f) * w[i],   f = 1 / sqrt((float)(sum of x[i]^2 / n) + epsilon)
 *   out [n] f32    x [n] f32    w [n] f32    epsilon >= 0
 * Squares are exact in f64 and added in f64, in 32 partial sums folded as above; mean rounded to f32, then one rounding
 * for each of +, sqrt, / and the two multiplies: to the bit. Relative error below 6u, u = 2^-24, where nothing
 * underflows. A mean beyond the largest f32 makes f 0; an infinite x makes f 0 and its own output NaN; NaN makes all outputs
 * NaN. Source: BitNet b1.58 reference model; order of the multiplies and the f64 sum as in ggml.
 */
typedef void qk_rmsnorm_fn(float *restrict out, const float *restrict x, const float *restrict w, size_t n,
                           float epsilon);

/*
 * rope: rotates pairs (j, j + half) of each head, "NeoX" order, by angles the caller has tabled.
 *   out [heads * 2 * half] f32    x [heads * 2 * half] f32    cosine [half] f32    sine [half] f32
 * out[h][j] = x[h][j] * cosine[j] - x[h][j + half] * sine[j];  out[h][j + half] = x[h][j] * sine[j] + x[h][j + half] *
 * cosine[j]. Each product and each sum rounded once: to the bit. No trigonometry here: the angles are pos * base^(-2j /
 * dim), the same for every head and layer, and a table made once in f64 is both faster and closer. Source: Su et al.,
 * "RoFormer", arXiv 2104.09864.
 */
typedef void qk_rope_fn(float *restrict out, const float *restrict x, const float *restrict cosine,
                        const float *restrict sine, size_t heads, size_t half);

/*
 * softmax: out[i] = e[i] * (1 / sum of e),   e[i] = exp(x[i] - max x)
 *   out [n] f32    x [n] f32
 * exp as in exp.h: below 1 unit in the last place, and 0 below -87. The sum as above; all to the bit. Relative error of
 * an output that is not flushed: below (ceil(n / 64) + 12) u, u = 2^-24, plus u |x[i] - max| for the rounded
 * difference. NaN or +infinity anywhere, or nothing but -infinity, makes every output NaN.
 */
typedef void qk_softmax_fn(float *restrict out, const float *restrict x, size_t n);

/*
 * relu2_mul: out[i] = (t * t) * up[i],   t = gate[i] < 0 ? 0 : gate[i]
 *   out [n] f32    gate [n] f32    up [n] f32
 * Two rounded multiplies: to the bit. NaN in gate stays NaN (the comparison is written that way round); 0 times an
 * infinite or NaN `up` is NaN. Source: feed-forward of BitNet b1.58 2B4T (squared ReLU on the gate branch only).
 */
typedef void qk_relu2_mul_fn(float *restrict out, const float *restrict gate, const float *restrict up,
                             size_t n);

/*
 * attention_f32, attention_f16: one token's query heads over a cache of keys and values; heads h of a group of
 * heads / kv_heads consecutive ones share kv head g.
 *   out [heads * dim] f32    weight [heads * positions] f32    q [heads * dim] f32
 *   k, v [positions * kv_heads * dim], f32 or IEEE binary16, position by position as they are appended
 *   weight[h][p] = softmax over p of (sum over d of k[p][g][d] * q[h][d]) * scale
 *   out[h][d] = sum over p, ascending, of weight[h][p] * v[p][g][d]
 * weight is an output because the kernel may not allocate; it holds the softmax. kv_heads divides heads. The dot
 * products and the softmax are as defined above; the sum over positions is one running sum per d from +0: to the bit in
 * every variant. Error of out against exact arithmetic on the same weights: (positions + 1) u / (1 - (positions + 1) u)
 * * sum over p of |weight * v|. Causality is the caller's: only positions that may be seen are passed.
 */
typedef void qk_attention_f32_fn(float *restrict out, float *restrict weight, const float *restrict q,
                                 const float *restrict k, const float *restrict v, size_t positions,
                                 size_t heads, size_t kv_heads, size_t dim, float scale);
typedef void qk_attention_f16_fn(float *restrict out, float *restrict weight, const float *restrict q,
                                 const uint16_t *restrict k, const uint16_t *restrict v, size_t positions,
                                 size_t heads, size_t kv_heads, size_t dim, float scale);

/*
 * i8u8_matmul: out[m][n] = (float)(sum over k of a[m][k] * b[k][n])
 *   out [rows * columns] f32    a [rows * depth] i8    b [depth * columns] u8, both row by row
 * Exact sum in 32 bits, depth <= 65793 (128 * 255 * 65793 < 2^31), then the nearest f32: every variant gives the same
 * bits. Source: EffortlessMetrics/BitNet-rs, crates/bitnet-kernels (matmul_i2s), which adds in f32: the same below
 * 2^24.
 */
typedef void qk_i8u8_matmul_fn(float *restrict out, const int8_t *restrict a, const uint8_t *restrict b,
                               size_t rows, size_t depth, size_t columns);

/*
 * tl1_quantize, tl2_quantize: f32 to 2-bit codes of the nearest level, one scale per block.
 *   codes [ceil(n / 4)] bytes, four codes each, least significant bits first    scale [ceil(n / block)] f32    x
 *   [n] f32
 *   tl1: block 64, levels -1, -0.33, 0.33, 1    tl2: block 128, levels -1.2, -0.4, 0.4, 1.2
 * m = max |x| of the block (the last may be short); scale = m / 1.5, or 1 when m <= 1e-8; v = x / scale, rounded; the
 * code is the level nearest to v, the lower one when two are equally near, decided without rounding. A block with a NaN
 * or an infinity has scale NaN and codes 0. Surplus codes of the last byte are 0. Every variant gives the same bytes.
 * Source: EffortlessMetrics/BitNet-rs, crates/bitnet-kernels/src/cpu/fallback.rs; these are not the TL1 and TL2 of
 * bitnet.cpp.
 */
typedef void qk_tl1_quantize_fn(uint8_t *restrict codes, float *restrict scale, const float *restrict x,
                                size_t n);
typedef void qk_tl2_quantize_fn(uint8_t *restrict codes, float *restrict scale, const float *restrict x,
                                size_t n);

#endif
