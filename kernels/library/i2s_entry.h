/* SPDX-License-Identifier: MIT */
/* What the checked entry points of the i2s ops share. */
#pragma once

#include "kernels/cpu.h"
#include "kernels/support.h"

/*
 * The number of bytes of the codes: in I2_S order, or in I2S16 order when `interleaved`. QK_ERR_ARG,
 * QK_ERR_MEMORY.
 */
int qk_i2s_bytes(size_t rows, size_t columns, bool interleaved, size_t *bytes, struct qk_error *err);
/*
 * Checks everything that a caller of a product can get wrong: sizes, pointers, and q_sum, which holds a sum
 * for each of the tokens. Sets *v to op's best variant for this machine.
 */
int qk_i2s_check_product(enum qk_op op, const int32_t *y, const uint8_t *codes, size_t code_bytes,
                         const int8_t *q, const int32_t *q_sum, size_t rows, size_t columns, size_t tokens,
                         const struct qk_variant **v, struct qk_error *err);
