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

#endif
