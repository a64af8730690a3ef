/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of attention_f32. */
#include "kernels/attention_f32/body.h"

QK_MIX_SCALAR(mix, float, (float))
QK_ATTENTION(qk_attention_f32_scalar, float, qk_dot_f32, qk_softmax_row, mix)
