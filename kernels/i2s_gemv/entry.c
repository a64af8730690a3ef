/* SPDX-License-Identifier: MIT */
#include "kernels/i2s_gemv/op.h"
#include "kernels/library/i2s_entry.h"

int qk_i2s_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                  size_t rows, size_t columns, struct qk_error *err)
{
    const struct qk_variant *v;
    const int code =
        qk_i2s_check_product(QK_OP_i2s_gemv, y, codes, code_bytes, q, &q_sum, rows, columns, 1, &v, err);
    if (!code)
        QK_CALL(i2s_gemv, v->fn, y, codes, q, q_sum, rows, columns);
    return code;
}
