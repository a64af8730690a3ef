/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/q8_0_gemv/op.h"

int qk_q8_0_gemv(float *y, const uint8_t *w, const float *x, size_t rows, size_t columns,
                 struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (columns % Q8_0_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d", columns,
                       Q8_0_BLOCK);
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"w", w, rows, columns / Q8_0_BLOCK * Q8_0_BLOCK_BYTES, 1},
                                      {"x", x, 1, columns, sizeof *x}};
    const int code = qk_check_arrays(QK_OP_q8_0_gemv, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(q8_0_gemv, best->fn, y, w, x, rows, columns);
    return code;
}
