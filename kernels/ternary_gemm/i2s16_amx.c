/* SPDX-License-Identifier: MIT */
/* i2s16_gemm/amx_tile with scales, its activations quantised by act_quant/avx512. */
#if !defined __AMX_INT8__ && !defined __AMXINT8__ /* clang 14 */
#error "i2s16_amx.c must be built with the flags of isa.def's AMX row"
#endif
#include "kernels/i2s16_gemm/op.h"
#include "kernels/rows/ternary_forms.h"
#include "kernels/ternary_gemm/op.h"

static qk_i2s16_gemm_fn sums;
#define qk_i2s16_gemm_amx_tile sums
#include "kernels/i2s16_gemm/amx_tile.c"

static qk_act_quant_fn quantise_tokens;
#define qk_act_quant_avx512 quantise_tokens
#include "kernels/act_quant/avx512.c"

void qk_ternary_gemm_i2s16_amx(float *restrict y, const void *restrict weights,
                               const void *restrict activations, const struct qk_ternary *t)
{
    const struct qk_tokens a = qk_tokens(activations, t);
    const uint8_t *const scales = (const uint8_t *)weights + qk_i2s16_scales(t);
    sums((int32_t *)y, weights, a.q, a.sum, t->rows, t->columns, t->tokens);
    for (size_t i = 0; i < t->tokens; i++)
        qk_scale_eights(y + i * t->rows, scales, a.step[i], t->rows);
}

QK_I2S_FORM(ternary_gemm, i2s16_amx, i2s16, quantise_tokens)
