/* SPDX-License-Identifier: MIT */
/* i2s16_gemv/avx512_mask with scales, its activations quantised by act_quant/avx512. */
#ifndef __AVX512VNNI__
#error "i2s16_avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/op.h"
#include "kernels/rows/ternary_forms.h"
#include "kernels/ternary_gemv/op.h"

static qk_i2s16_gemv_fn sums;
#define qk_i2s16_gemv_avx512_mask sums
#include "kernels/i2s16_gemv/avx512_mask.c"

static qk_act_quant_fn quantise_tokens;
#define qk_act_quant_avx512 quantise_tokens
#include "kernels/act_quant/avx512.c"

void qk_ternary_gemv_i2s16_avx512(float *restrict y, const void *restrict weights,
                                  const void *restrict activations, const struct qk_ternary *t)
{
    const struct qk_tokens a = qk_tokens(activations, t);
    sums((int32_t *)y, weights, a.q, *a.sum, t->rows, t->columns);
    qk_scale_eights(y, (const uint8_t *)weights + qk_i2s16_scales(t), *a.step, t->rows);
}

QK_I2S_FORM(ternary_gemv, i2s16_avx512, i2s16, quantise_tokens)
