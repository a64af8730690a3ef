/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/q2_0x16_gemv/op.h"

int qk_q2_0x16_gemv(float *y, const uint8_t *codes, const uint16_t *scale, const int8_t *q,
                    const int32_t *bias, const float *x_scale, size_t rows, size_t columns, size_t group,
                    size_t block, struct qk_error *err)
{
    enum { BIAS_MOST = 1 << 24 };
    const struct qk_variant *best = NULL;
    if (group != 64 && group != 128 && group != 256)
        return qk_fail(err, QK_ERR_ARG, "group", "%zu weights per scale; expected 64, 128 or 256", group);
    if (block != Q8_0_BLOCK && block != group)
        return qk_fail(err, QK_ERR_ARG, "block", "%zu activations per scale; expected %d or the group, %zu",
                       block, Q8_0_BLOCK, group);
    if (rows % I2S16_ROWS)
        return qk_fail(err, QK_ERR_ARG, "rows", "%zu rows; expected a multiple of %d", rows, I2S16_ROWS);
    if (columns % group)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %zu", columns, group);
    const size_t blocks = columns / block;
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"codes", codes, rows, columns / 4, sizeof *codes},
                                      {"scale", scale, rows, columns / group, sizeof *scale},
                                      {"q", q, 1, columns, sizeof *q},
                                      {"bias", bias, 1, blocks, sizeof *bias},
                                      {"x_scale", x_scale, 1, blocks, sizeof *x_scale}};
    const int code = qk_check_arrays(QK_OP_q2_0x16_gemv, arrays, 6, 1, &best, err);
    for (size_t b = 0; b < blocks && !code; b++)
        if (bias[b] < -BIAS_MOST || bias[b] > BIAS_MOST)
            return qk_fail(err, QK_ERR_ARG, "bias", "%d in block %zu; expected -%d to %d", bias[b], b,
                           BIAS_MOST, BIAS_MOST);
    if (!code)
        QK_CALL(q2_0x16_gemv, best->fn, y, codes, scale, q, bias, x_scale, rows, columns, group, block);
    return code;
}
