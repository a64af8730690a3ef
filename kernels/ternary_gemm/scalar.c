/* SPDX-License-Identifier: MIT */
/* The plain form (token by token). What is right, the case says: no row defines it. */
#include "kernels/rows/ternary_plain.h"
#include "kernels/ternary_gemm/op.h"

void qk_ternary_gemm_scalar(float *restrict y, const void *restrict weights, const void *restrict activations,
                            const struct qk_ternary *t)
{
    plain_product(y, weights, activations, t);
}

QK_PLAIN_FORM(ternary_gemm, scalar)
