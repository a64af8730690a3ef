/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/q6_k_gemv/op.h"

int qk_q6_k_gemv(float *y, const uint8_t *w, const float *x, size_t rows, size_t columns,
                 struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (columns % Q6_K_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d", columns,
                       Q6_K_BLOCK);
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"w", w, rows, columns / Q6_K_BLOCK * Q6_K_BLOCK_BYTES, 1},
                                      {"x", x, 1, columns, sizeof *x}};
    const int code = qk_check_arrays(QK_OP_q6_k_gemv, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(q6_k_gemv, best->fn, y, w, x, rows, columns);
    return code;
}
