/* SPDX-License-Identifier: MIT */
#include "kernels/i8_gemv/op.h"
#include "kernels/library/spans.h"

int qk_i8_gemv(float *y, const int8_t *w, const int8_t *q, const float *scale, const float *x_scale,
               size_t rows, size_t columns, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (columns > INT32_MAX / (128 * 128))
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected at most %d, so that the sum fits",
                       columns, INT32_MAX / (128 * 128));
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"w", w, rows, columns, sizeof *w},
                                      {"q", q, 1, columns, sizeof *q},
                                      {"scale", scale, rows, 1, sizeof *scale},
                                      {"x_scale", x_scale, 1, 1, sizeof *x_scale}};
    const int code = qk_check_arrays(QK_OP_i8_gemv, arrays, 5, 1, &best, err);
    if (!code)
        QK_CALL(i8_gemv, best->fn, y, w, q, scale, x_scale, rows, columns);
    return code;
}
