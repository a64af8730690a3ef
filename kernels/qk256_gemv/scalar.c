/* SPDX-License-Identifier: MIT */
/*
 * The reference: plain C without the vectoriser, in eight running sums, so that ratios to it do not flatter
 * the others with a chain of dependent additions. Correct within dot.h's bound, to which it is held itself.
 */
#include "kernels/qk256_gemv/scalar_body.h"

QK_STAGED_KERNEL(scalar)
