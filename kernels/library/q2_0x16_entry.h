/* SPDX-License-Identifier: MIT */
/* What the entry points of q2_0x16_gemv and q2_0x16_gemm demand of their arguments. */
#pragma once

#include "kernels/kernels.h"
#include "kernels/support.h"

struct qk_q2_0x16_call {
    const float *y;
    const uint8_t *codes;
    const uint16_t *scale;
    const int8_t *q;
    const int32_t *bias;
    const float *x_scale;
    size_t rows, columns, group, block, tokens;
};

/* Sets *best to the op's variant to call. QK_ERR_ARG and QK_ERR_MEMORY as the two op.h say. */
int qk_q2_0x16_check(enum qk_op op, const struct qk_q2_0x16_call *c, const struct qk_variant **best,
                     struct qk_error *err);
