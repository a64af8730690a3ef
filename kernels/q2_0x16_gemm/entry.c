/* SPDX-License-Identifier: MIT */
#include "kernels/library/q2_0x16_entry.h"
#include "kernels/q2_0x16_gemm/op.h"

int qk_q2_0x16_gemm(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q,
                    const int32_t *bias, const float *x_scale, size_t rows, size_t columns, size_t group,
                    size_t block, size_t tokens, struct qk_error *err)
{
    const struct qk_q2_0x16_call c = {y, codes, scale, q, bias, x_scale, rows, columns, group, block, tokens};
    const struct qk_variant *best = NULL;
    const int code = qk_q2_0x16_check(QK_OP_q2_0x16_gemm, &c, &best, err);
    if (!code)
        QK_CALL(q2_0x16_gemm, best->fn, y, codes, scale, q, bias, x_scale, rows, columns, group, block,
                tokens);
    return code;
}
