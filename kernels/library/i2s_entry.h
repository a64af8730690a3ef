/* SPDX-License-Identifier: MIT */
/* What the checked entry points of the i2s ops share. */
#pragma once

#include "kernels/cpu.h"
#include "kernels/support.h"

enum qk_i2s_order { QK_I2S_PACKED, QK_I2S_16, QK_I2S_TRIT5 }; /* of layout.h: I2_S, I2S16, TRIT5 */

/* The number of bytes of the codes. QK_ERR_ARG, also when `bytes` is NULL; QK_ERR_MEMORY. */
int qk_i2s_bytes(size_t rows, size_t columns, enum qk_i2s_order order, size_t *bytes, struct qk_error *err);
/*
 * The checks of an entry point that writes codes in `order` from codes in I2_S order. QK_ERR_ARG,
 * QK_ERR_MEMORY.
 */
int qk_i2s_check_make(const uint8_t *out, size_t out_bytes, enum qk_i2s_order order, const uint8_t *codes,
                      size_t code_bytes, size_t rows, size_t columns, struct qk_error *err);
/*
 * Checks everything that a caller of a product can get wrong: sizes, pointers, and q_sum, which holds a sum
 * for each of the tokens. Sets *v to op's best variant for this machine.
 */
int qk_i2s_check_product(enum qk_op op, const int32_t *y, const uint8_t *codes, size_t code_bytes,
                         const int8_t *q, const int32_t *q_sum, size_t rows, size_t columns, size_t tokens,
                         const struct qk_variant **v, struct qk_error *err);
