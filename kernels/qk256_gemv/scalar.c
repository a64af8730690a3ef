/* SPDX-License-Identifier: MIT */
/*
 * The reference: plain C without the vectoriser. It has eight running sums, because a single chain of
 * dependent additions would make the other variants' ratios look too good. It too is held to dot.h's bound.
 */
#include "kernels/qk256_gemv/scalar_body.h"

QK_STAGED_KERNEL(scalar)
