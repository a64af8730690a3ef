/* SPDX-License-Identifier: MIT */
/*
 * tl2_quantize: as tl1_quantize (tl1_quantize/op.h), with the levels -1.2, -0.4, 0.4, 1.2 and blocks of 128.
 * This is not the TL2 of bitnet.cpp.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_tl2_quantize_fn(uint8_t *restrict codes, float *restrict scale, const float *restrict x,
                                size_t n);

int qk_tl2_quantize(uint8_t *codes, float *scale, const float *x, size_t n, struct qk_error *err);
