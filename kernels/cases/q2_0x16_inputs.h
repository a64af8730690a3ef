/* SPDX-License-Identifier: MIT */
/* What the cases of q2_0x16_gemv and q2_0x16_gemm share: sizes and inputs. */
#pragma once

#include "kernels/cases/case.h"

enum qk_q2_0x16_buffer {
    QK_Q2_0X16_Y,
    QK_Q2_0X16_CODES,
    QK_Q2_0X16_SCALE,
    QK_Q2_0X16_Q,
    QK_Q2_0X16_BIAS,
    QK_Q2_0X16_X_SCALE,
    QK_Q2_0X16_BUFFERS
};

/*
 * Plans ROWSxCOLSxGROUPxBLOCK, or with `dims` 5 the same and xTOKENS. p->dims is columns, group, block and
 * tokens. QK_ERR_ARG, QK_ERR_MEMORY.
 */
int qk_q2_0x16_plan(const struct qk_shape *shape, int dims, struct qk_plan *p, struct qk_error *err);

/*
 * The bias is the sum of the block, as a caller has it, or at the ends of its range. Beside a zero the other
 * factor decides nothing, so an ordinary q is none.
 */
void qk_q2_0x16_fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers);
