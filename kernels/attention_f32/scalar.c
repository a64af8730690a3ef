/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of attention_f32. */
#include "kernels/attention_f32/reference.h"

QK_ATTENTION_REFERENCE(qk_attention_f32_scalar, float, (float))
