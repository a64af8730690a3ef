/* SPDX-License-Identifier: MIT */
/* What the cases of the i2s ops share: sizes, inputs and comparison of ternary weights x int8. */
#pragma once

#include "kernels/case.h"

/* Sizes of a call, all checked: nothing made from them by adding a few buffers overflows. */
struct qk_i2s_sizes {
    size_t rows, columns, tokens; /* tokens: 1 for a shape of two sizes */
    size_t packed,
        interleaved; /* bytes of the codes: rows * columns / 4, and with rows up to a multiple of 16 */
};

/* From ROWSxCOLS, or ROWSxCOLSxTOKENS when dims is 3. QK_ERR_ARG, QK_ERR_MEMORY. */
int qk_i2s_sizes(const struct qk_shape *shape, int dims, struct qk_i2s_sizes *sizes, struct qk_error *err);

/* Codes of an order of 4 to the byte. Ordinary ones are 0 to 2; extreme ones are any, or all 3, or all 2.
 * Nothing when `codes` is NULL, and below when `q` is. */
void qk_i2s_fill_codes(enum qk_fill kind, struct qk_rng *rng, uint8_t *codes, size_t bytes);
/*
 * tokens rows of activations and their sums. Ordinary: any value and the true sum. Extreme: values at the
 * ends of i8 or all 127 or all -128, and half the time a sum of any bits.
 */
void qk_i2s_fill_activations(enum qk_fill kind, struct qk_rng *rng, int8_t *q, int32_t *q_sum, size_t columns,
                             size_t tokens);

/* Bit for bit; why[size] names row, token (when there are several), found and expected. */
bool qk_i2s_same(const int32_t *want, const int32_t *got, size_t rows, size_t tokens, char *why, size_t size);
