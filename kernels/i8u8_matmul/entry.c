/* SPDX-License-Identifier: MIT */
#include "kernels/i8u8_matmul/op.h"
#include "kernels/library/spans.h"

int qk_i8u8_matmul(float *out, const int8_t *a, const uint8_t *b, size_t rows, size_t depth, size_t columns,
                   struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (depth > INT32_MAX / (128 * 255))
        return qk_fail(err, QK_ERR_ARG, "depth", "depth %zu; expected at most %d, so that the sum fits",
                       depth, INT32_MAX / (128 * 255));
    const struct qk_array arrays[] = {{"out", out, rows, columns, sizeof *out},
                                      {"a", a, rows, depth, sizeof *a},
                                      {"b", b, depth, columns, sizeof *b}};
    const int code = qk_check_arrays(QK_OP_i8u8_matmul, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(i8u8_matmul, best->fn, out, a, b, rows, depth, columns);
    return code;
}
