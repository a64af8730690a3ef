/* SPDX-License-Identifier: MIT */
/* Parameters and stages of qk256_gemv's kernels. */
#pragma once

#include "kernels/qk256_gemv/op.h"

#define QK_OP qk256_gemv
#define QK_ARGS                                                                                              \
    float *restrict y, const uint8_t *restrict codes, const float *restrict scale,                           \
        const float *restrict lut, const float *restrict x, size_t rows, size_t cols
#define QK_PASS    y, codes, scale, lut, x, rows, cols
#define QK_CUTS(S) S(LOOP) S(UNPACK) S(LOOKUP) S(ACCUMULATE)

#include "kernels/rows/stages.h"
