/* SPDX-License-Identifier: MIT */
#include "kernels/library/q2_0x16_entry.h"
#include "kernels/q2_0x16_gemv/op.h"

int qk_q2_0x16_gemv(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q,
                    const int32_t *bias, const float *x_scale, size_t rows, size_t columns, size_t group,
                    size_t block, struct qk_error *err)
{
    const struct qk_q2_0x16_call c = {y, codes, scale, q, bias, x_scale, rows, columns, group, block, 1};
    const struct qk_variant *best = NULL;
    const int code = qk_q2_0x16_check(QK_OP_q2_0x16_gemv, &c, &best, err);
    if (!code)
        QK_CALL(q2_0x16_gemv, best->fn, y, codes, scale, q, bias, x_scale, rows, columns, group, block);
    return code;
}
