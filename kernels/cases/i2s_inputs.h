/* SPDX-License-Identifier: MIT */
/* What the cases of the i2s ops share: sizes, inputs and comparison of ternary weights x int8. */
#pragma once

#include "kernels/cases/case.h"

/* Sizes of a call, all checked: adding a few buffers of them cannot overflow. */
struct qk_i2s_sizes {
    size_t rows, columns, tokens; /* tokens: 1 for a shape of two sizes */
    /* Bytes of the codes: rows * columns / 4; the same with rows up to a multiple of 16. */
    size_t packed, interleaved;
    /* Bytes of the codes in TRIT5 order: those that decide a result; all of them. */
    size_t fives, fives_interleaved;
};

/* Reads ROWSxCOLS, or ROWSxCOLSxTOKENS when dims is 3. QK_ERR_ARG, QK_ERR_MEMORY. */
int qk_i2s_sizes(const struct qk_shape *shape, int dims, struct qk_i2s_sizes *sizes, struct qk_error *err);

/*
 * Fills bytes of four codes each. Ordinary codes are 0 to 2. Extreme ones are any code, or all 3, or all 2.
 * Writes nothing when `codes` is NULL.
 */
void qk_i2s_fill_codes(enum qk_fill kind, struct qk_rng *rng, uint8_t *codes, size_t bytes);
/*
 * Fills `tokens` rows of activations and their sums. Ordinary: any value, and the true sum. Extreme: values
 * at the ends of i8, or all 127, or all -128; half of the sums are any bits. Writes nothing when `q` is NULL.
 */
void qk_i2s_fill_activations(enum qk_fill kind, struct qk_rng *rng, int8_t *q, int32_t *q_sum, size_t columns,
                             size_t tokens);

/* Compares bit for bit. On a difference why[size] names row, token, found and expected. */
bool qk_i2s_same(const int32_t *want, const int32_t *got, size_t rows, size_t tokens, char *why, size_t size);
