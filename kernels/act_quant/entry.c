/* SPDX-License-Identifier: MIT */
#include "kernels/act_quant/op.h"
#include "kernels/library/spans.h"

int qk_act_quant(int8_t *q, float *scale, int32_t *sum, const float *x, size_t rows, size_t columns,
                 struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (columns > INT32_MAX / 127)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected at most %d, so that the sum fits",
                       columns, INT32_MAX / 127);
    const struct qk_array arrays[] = {{"q", q, rows, columns, sizeof *q},
                                      {"scale", scale, rows, 1, sizeof *scale},
                                      {"sum", sum, rows, 1, sizeof *sum},
                                      {"x", x, rows, columns, sizeof *x}};
    const int code = qk_check_arrays(QK_OP_act_quant, arrays, 4, 3, &best, err);
    if (!code)
        QK_CALL(act_quant, best->fn, q, scale, sum, x, rows, columns);
    return code;
}
