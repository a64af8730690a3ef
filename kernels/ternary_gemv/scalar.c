/* SPDX-License-Identifier: MIT */
/* The plain form (one token). What is right, the case says: no row defines it. */
#include "kernels/rows/ternary_plain.h"
#include "kernels/ternary_gemv/op.h"

void qk_ternary_gemv_scalar(float *restrict y, const void *restrict weights, const void *restrict activations,
                            const struct qk_ternary *t)
{
    plain_product(y, weights, activations, t);
}

QK_PLAIN_FORM(ternary_gemv, scalar)
