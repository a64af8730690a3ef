/* SPDX-License-Identifier: MIT */
#include "kernels/head4_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/library/spans.h"

int qk_head4_gemv(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q, const int32_t *bias,
                  const float *x_scale, size_t rows, size_t columns, struct qk_error *err)
{
    enum { BIAS_MOST = 1 << 24 };
    const struct qk_variant *best = NULL;
    const size_t blocks = columns / HEAD4_BLOCK;
    if (rows % HEAD4_ROWS)
        return qk_fail(err, QK_ERR_ARG, "rows", "%zu rows; expected a multiple of %d", rows, HEAD4_ROWS);
    if (columns % HEAD4_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d", columns,
                       HEAD4_BLOCK);
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"codes", codes, rows, columns / 2, sizeof *codes},
                                      {"scale", scale, rows, blocks, sizeof *scale},
                                      {"q", q, 1, columns, sizeof *q},
                                      {"bias", bias, 1, blocks, sizeof *bias},
                                      {"x_scale", x_scale, 1, blocks, sizeof *x_scale}};
    const int code = qk_check_arrays(QK_OP_head4_gemv, arrays, 6, 1, &best, err);
    for (size_t b = 0; b < blocks && !code; b++)
        if (bias[b] < -BIAS_MOST || bias[b] > BIAS_MOST)
            return qk_fail(err, QK_ERR_ARG, "bias", "%d in block %zu; expected -%d to %d", bias[b], b,
                           BIAS_MOST, BIAS_MOST);
    if (!code)
        QK_CALL(head4_gemv, best->fn, y, codes, scale, q, bias, x_scale, rows, columns);
    return code;
}
