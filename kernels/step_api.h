/* SPDX-License-Identifier: MIT */
/*
 * Checked entry points of the ops of step_types.h, where each is defined. Part of api.h.
 *
 * Arrays have the sizes said there. No buffer may be NULL or misaligned for its type, and no output may overlap another
 * buffer: QK_ERR_ARG, as for a value the op excludes and for an unknown name in QK_DISABLE_ISA. QK_ERR_MEMORY: a size
 * overflows. On an error nothing is written.
 */
#ifndef QKBENCH_KERNELS_STEP_API_H
#define QKBENCH_KERNELS_STEP_API_H

#include "kernels/support.h"

/* QK_ERR_ARG also: more than 16909320 columns. */
int qk_act_quant(int8_t *q, float *scale, int32_t *sum, const float *x, size_t rows, size_t columns,
                 struct qk_error *err);
int qk_f16_gemv(float *y, const uint16_t *w, const float *x, size_t rows, size_t columns,
                struct qk_error *err);
/* QK_ERR_ARG also: more than 131071 columns. */
int qk_i8_gemv(float *y, const int8_t *w, const int8_t *q, const float *scale, const float *x_scale,
               size_t rows, size_t columns, struct qk_error *err);
/* QK_ERR_ARG also: an epsilon that is negative, infinite or NaN. */
int qk_rmsnorm(float *out, const float *x, const float *w, size_t n, float epsilon, struct qk_error *err);
int qk_rope(float *out, const float *x, const float *cosine, const float *sine, size_t heads, size_t half,
            struct qk_error *err);
int qk_softmax(float *out, const float *x, size_t n, struct qk_error *err);
int qk_relu2_mul(float *out, const float *gate, const float *up, size_t n, struct qk_error *err);
/* QK_ERR_ARG also: no positions; kv_heads that is 0 or does not divide heads. */
int qk_attention_f32(float *out, float *weight, const float *q, const float *k, const float *v,
                     size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err);
int qk_attention_f16(float *out, float *weight, const float *q, const uint16_t *k, const uint16_t *v,
                     size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err);
/* QK_ERR_ARG also: a depth above 65793. */
int qk_i8u8_matmul(float *out, const int8_t *a, const uint8_t *b, size_t rows, size_t depth, size_t columns,
                   struct qk_error *err);
int qk_tl1_quantize(uint8_t *codes, float *scale, const float *x, size_t n, struct qk_error *err);
int qk_tl2_quantize(uint8_t *codes, float *scale, const float *x, size_t n, struct qk_error *err);

#endif
