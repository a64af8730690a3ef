/* SPDX-License-Identifier: MIT */
/*
 * qk256_gemv/avx512_best on ternary weights: a scale per block of 256, and activations as they are, in f32.
 */
#ifndef __AVX512F__
#error "qk256_avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_gemv/op.h"
#include "kernels/rows/ternary_qk256.h"
#include "kernels/ternary_gemv/op.h"

static qk_qk256_gemv_fn multiply;
#define qk_qk256_gemv_avx512_best multiply
#include "kernels/qk256_gemv/avx512_best.c"

void qk_ternary_gemv_qk256_avx512(float *restrict y, const void *restrict weights,
                                  const void *restrict activations, const struct qk_ternary *t)
{
    const uint8_t *const codes = weights;
    const float *const scale = (const float *)(const void *)(codes + qk_qk256_scales(t));
    multiply(y, codes, scale, qk_ternary_table, activations, t->rows, t->columns);
}

QK_QK256_FORM(ternary_gemv, qk256_avx512)
