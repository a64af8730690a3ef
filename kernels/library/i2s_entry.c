/* SPDX-License-Identifier: MIT */
#include "kernels/library/i2s_entry.h"

#include "kernels/layout.h"
#include "kernels/library/spans.h"

int qk_i2s_bytes(size_t rows, size_t columns, bool interleaved, size_t *bytes, struct qk_error *err)
{
    size_t padded;
    if (!columns || columns % I2S_BLOCK || columns > I2S_COLUMNS_MAX)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d, at most %d",
                       columns, I2S_BLOCK, I2S_COLUMNS_MAX);
    if (!qk_align_size(rows, I2S16_ROWS, &padded) || !qk_mul_size(padded, columns / 4, bytes))
        return qk_fail(err, QK_ERR_MEMORY, "rows", "%zu rows of %zu bytes overflow; expected at most %zu",
                       rows, columns / 4, SIZE_MAX / (columns / 4) / I2S16_ROWS * I2S16_ROWS);
    if (!interleaved)
        *bytes = rows * (columns / 4);
    return 0;
}

static int check_sums(const int8_t *q, const int32_t *q_sum, size_t columns, size_t tokens,
                      struct qk_error *err)
{
    for (size_t t = 0; t < tokens; t++, q += columns) {
        int32_t sum = 0;
        for (size_t k = 0; k < columns; k++)
            sum += q[k];
        if (sum != q_sum[t])
            return qk_fail(err, QK_ERR_ARG, "q_sum", "q_sum[%zu] is %d; expected %d, the sum of q", t,
                           q_sum[t], sum);
    }
    return 0;
}

int qk_i2s_check_product(enum qk_op op, const int32_t *y, const uint8_t *codes, size_t code_bytes,
                         const int8_t *q, const int32_t *q_sum, size_t rows, size_t columns, size_t tokens,
                         const struct qk_variant **v, struct qk_error *err)
{
    size_t expected, y_bytes, q_bytes, sum_bytes;
    int code = qk_i2s_bytes(rows, columns, op != QK_OP_i2s_gemv, &expected, err);
    if (code)
        return code;
    if (!qk_mul_size(rows, sizeof *y, &y_bytes) || !qk_mul_size(y_bytes, tokens, &y_bytes) ||
        !qk_mul_size(columns, tokens, &q_bytes) || !qk_mul_size(sizeof *q_sum, tokens, &sum_bytes))
        return qk_fail(err, QK_ERR_MEMORY, "tokens", "%zu tokens of %zu rows and %zu columns overflow",
                       tokens, rows, columns);
    if (code_bytes != expected)
        return qk_fail(err, QK_ERR_ARG, "codes",
                       "size mismatch: %zu bytes of codes; expected %zu for %zu rows of %zu columns",
                       code_bytes, expected, rows, columns);
    const struct qk_span spans[] = {{"y", y, y_bytes, sizeof *y},
                                    {"codes", codes, code_bytes, 1},
                                    {"q", q, q_bytes, 1},
                                    {"q_sum", q_sum, sum_bytes, sizeof *q_sum}};
    code = qk_check_spans(spans, 4, err);
    if (!code)
        code = check_sums(q, q_sum, columns, tokens, err);
    return code ? code : qk_best(op, spans, 4, v, err);
}
