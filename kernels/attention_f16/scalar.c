/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of attention_f16. */
#include "kernels/attention_f32/body.h"

QK_MIX_SCALAR(mix, uint16_t, qk_f16_to_f32)
QK_ATTENTION(qk_attention_f16_scalar, uint16_t, qk_dot_f16, qk_softmax_row, mix)
