/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of attention_f16. */
#include "kernels/attention_f32/reference.h"

QK_ATTENTION_REFERENCE(qk_attention_f16_scalar, uint16_t, qk_f16_to_f32)
