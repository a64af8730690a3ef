/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/q2_0_gemv/op.h"

int qk_q2_0_gemv(float *y, const uint8_t *w, const uint8_t *x, size_t rows, size_t columns, size_t group,
                 struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (group != Q2_0_GROUP && group != Q2_0_GROUP_LARGE)
        return qk_fail(err, QK_ERR_ARG, "group", "%zu weights per scale; expected %d or %d", group,
                       Q2_0_GROUP, Q2_0_GROUP_LARGE);
    if (columns % group)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %zu", columns, group);
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"w", w, rows, columns / group * (2 + group / 4), 1},
                                      {"x", x, 1, columns / Q8_0_BLOCK * Q8_0_BLOCK_BYTES, 1}};
    const int code = qk_check_arrays(QK_OP_q2_0_gemv, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(q2_0_gemv, best->fn, y, w, x, rows, columns, group);
    return code;
}
