/* SPDX-License-Identifier: MIT */
#include "kernels/rows/ternary_plain.h"
#include "kernels/ternary_gemm/op.h"

void qk_ternary_gemm_scalar(float *restrict y, const void *restrict weights, const void *restrict activations,
                            const struct qk_ternary *t)
{
    multiply(y, (const uint8_t *)weights, (const uint8_t *)activations, t);
}

/* Each scale adds a rounded product to a rounded sum, so errors grow with columns / 32 at most. */
const struct qk_form qk_ternary_gemm_scalar_form = {
    .bytes = sizeof(struct qk_form),
    .align = sizeof(float),
    .bound = QK_BOUND_PRODUCTS,
    .tolerance = 4,
    .block = 32,
    .scales = QK_SCALE_PER_ANY,
    .rows_of = 1,
    .columns_of = 32,
    .weight_bytes = weight_bytes,
    .activation_bytes = activation_bytes,
    .prepare_weights = prepare_weights,
    .prepare_activations = prepare_activations,
    .dequantise_activations = dequantise_activations,
};
