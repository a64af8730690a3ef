/* SPDX-License-Identifier: MIT */
#include "kernels/bf16_gemv/op.h"
#include "kernels/library/spans.h"

int qk_bf16_gemv(float *y, const uint16_t *w, const float *x, size_t rows, size_t columns,
                 struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    const struct qk_array arrays[] = {
        {"y", y, rows, 1, sizeof *y}, {"w", w, rows, columns, sizeof *w}, {"x", x, 1, columns, sizeof *x}};
    const int code = qk_check_arrays(QK_OP_bf16_gemv, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(bf16_gemv, best->fn, y, w, x, rows, columns);
    return code;
}
