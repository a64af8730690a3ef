/* SPDX-License-Identifier: MIT */
/*
 * The reference: defines the result of qk256_dequant. Plain C without the vectoriser, and the fastest plain
 * form found. It goes byte by byte. Going code by code, every code would cost a load of its byte and a
 * variable shift.
 */
#include "kernels/qk256_dequant/scalar_body.h"

QK_STAGED_KERNEL(scalar)
