/* SPDX-License-Identifier: MIT */
#include "kernels/i2s16_gemm/op.h"
#include "kernels/library/i2s_entry.h"

int qk_i2s16_matmul(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q,
                    const int32_t *q_sum, size_t rows, size_t columns, size_t tokens, struct qk_error *err)
{
    const struct qk_variant *v;
    const int code = qk_i2s_check_product(QK_OP_i2s16_gemm, y, codes, code_bytes, q, q_sum, rows, columns,
                                          tokens, &v, err);
    if (!code)
        QK_CALL(i2s16_gemm, v->fn, y, codes, q, q_sum, rows, columns, tokens);
    return code;
}
