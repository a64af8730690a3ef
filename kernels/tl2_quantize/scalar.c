/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of tl2_quantize. */
#include "kernels/tl1_quantize/body.h"

QK_TL_SCALAR(qk_tl2_quantize_scalar, TL2)
