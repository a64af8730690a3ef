/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/qk256_gemv/op.h"

int qk_qk256_multiply(float *y, const uint8_t *codes, size_t code_bytes, const float *scale, const float *lut,
                      const float *x, size_t rows, size_t cols, struct qk_error *err)
{
    size_t room, blocks, expected_bytes, x_bytes, y_bytes;
    const struct qk_variant *best;
    if (!qk_align_size(cols, QK256_BLOCK, &room) || !qk_mul_size(rows, room / QK256_BLOCK, &blocks) ||
        !qk_mul_size(blocks, QK256_BLOCK_BYTES, &expected_bytes) ||
        !qk_mul_size(cols, sizeof(float), &x_bytes) || !qk_mul_size(rows, sizeof(float), &y_bytes))
        return qk_fail(err, QK_ERR_MEMORY, "rows, cols",
                       "%zu rows of %zu columns overflow; expected bytes that fit a size, %d for each block "
                       "of %d columns",
                       rows, cols, QK256_BLOCK_BYTES, QK256_BLOCK);
    if (code_bytes != expected_bytes)
        return qk_fail(
            err, QK_ERR_ARG, "codes",
            "size mismatch: %zu bytes of codes; expected %zu, %d for each of %zu blocks in %zu rows",
            code_bytes, expected_bytes, QK256_BLOCK_BYTES, blocks, rows);
    const struct qk_span spans[] = {{"y", y, y_bytes, sizeof(float)},
                                    {"codes", codes, code_bytes, 1},
                                    {"lut", lut, 4 * sizeof(float), sizeof(float)},
                                    {"x", x, x_bytes, sizeof(float)},
                                    {"scale", scale, blocks * sizeof(float), sizeof(float)}};
    int code = qk_check_spans(spans, scale ? 5 : 4, err);
    if (!code)
        code = qk_best(QK_OP_qk256_gemv, spans, scale ? 5 : 4, &best, err);
    if (!code)
        QK_CALL(qk256_gemv, best->fn, y, codes, scale, lut, x, rows, cols);
    return code;
}
