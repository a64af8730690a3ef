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

#endif
