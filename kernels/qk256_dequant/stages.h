/* SPDX-License-Identifier: MIT */
/* Parameters and stages of qk256_dequant's kernels. */
#pragma once

#include "kernels/qk256_dequant/op.h"

#define QK_OP qk256_dequant
#define QK_ARGS                                                                                              \
    float *restrict out, const uint8_t *restrict codes, const float *restrict scale,                         \
        const float *restrict lut, size_t blocks
#define QK_PASS    out, codes, scale, lut, blocks
#define QK_CUTS(S) S(LOOP) S(UNPACK) S(LOOKUP) S(SCALE)

#include "kernels/rows/stages.h"
