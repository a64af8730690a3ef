/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of tl1_quantize. */
#include "kernels/tl1_quantize/body.h"

QK_TL_SCALAR(qk_tl1_quantize_scalar, TL1)
