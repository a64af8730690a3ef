/* SPDX-License-Identifier: MIT */
#include "kernels/library/i2s_entry.h"

#include "kernels/layout.h"
#include "kernels/library/spans.h"

int qk_i2s_bytes(size_t rows, size_t columns, enum qk_i2s_order order, size_t *bytes, struct qk_error *err)
{
    size_t padded, row_bytes = columns / 4, found;
    if (!bytes)
        return qk_fail(err, QK_ERR_ARG, "bytes", "pointer is NULL; expected room for a size");
    if (!columns || columns % I2S_BLOCK || columns > I2S_COLUMNS_MAX)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d, at most %d",
                       columns, I2S_BLOCK, I2S_COLUMNS_MAX);
    if (order == QK_I2S_TRIT5)
        row_bytes = (columns + TRIT5_COLUMNS - 1) / TRIT5_COLUMNS * 4;
    if (!qk_align_size(rows, I2S16_ROWS, &padded) || !qk_mul_size(padded, row_bytes, &found))
        return qk_fail(err, QK_ERR_MEMORY, "rows", "%zu rows of %zu bytes overflow; expected at most %zu",
                       rows, row_bytes, SIZE_MAX / row_bytes / I2S16_ROWS * I2S16_ROWS);
    *bytes = order == QK_I2S_PACKED ? rows * row_bytes : found;
    return 0;
}

int qk_i2s_check_make(const uint8_t *out, size_t out_bytes, enum qk_i2s_order order, const uint8_t *codes,
                      size_t code_bytes, size_t rows, size_t columns, struct qk_error *err)
{
    size_t to, from;
    int code = qk_i2s_bytes(rows, columns, order, &to, err);
    if (!code)
        code = qk_i2s_bytes(rows, columns, QK_I2S_PACKED, &from, err);
    if (code)
        return code;
    if (out_bytes != to || code_bytes != from)
        return qk_fail(err, QK_ERR_ARG, out_bytes != to ? "out" : "codes",
                       "size mismatch: %zu bytes from %zu; expected %zu from %zu for %zu rows of %zu columns",
                       out_bytes, code_bytes, to, from, rows, columns);
    const struct qk_span spans[] = {{"out", out, out_bytes, 1}, {"codes", codes, code_bytes, 1}};
    return qk_check_spans(spans, 2, err);
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
    const enum qk_i2s_order order = op == QK_OP_i2s_gemv     ? QK_I2S_PACKED
                                    : op == QK_OP_trit5_gemv ? QK_I2S_TRIT5
                                                             : QK_I2S_16;
    int code = qk_i2s_bytes(rows, columns, order, &expected, err);
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
