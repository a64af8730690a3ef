/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/i2s_entry.h"
#include "kernels/trit5_gemv/op.h"

int qk_trit5_bytes(size_t rows, size_t columns, size_t *bytes, struct qk_error *err)
{
    return qk_i2s_bytes(rows, columns, QK_I2S_TRIT5, bytes, err);
}

/* Code of column k of a row in I2_S order. */
static unsigned code_at(const uint8_t *row, size_t k)
{
    return row[k / I2S_BLOCK * I2S_BLOCK_BYTES + k % I2S_GROUP] >> (6 - 2 * (k / I2S_GROUP % 4)) & 3;
}

int qk_trit5_make(uint8_t *out, size_t out_bytes, const uint8_t *codes, size_t code_bytes, size_t rows,
                  size_t columns, struct qk_error *err)
{
    static const unsigned worth[] = {3 * TRIT5_PAIR, TRIT5_PAIR, 9, 3, 1};
    const int code = qk_i2s_check_make(out, out_bytes, QK_I2S_TRIT5, codes, code_bytes, rows, columns, err);
    if (code)
        return code;
    for (size_t i = 0; i < code_bytes; i++)
        if (codes[i] >> 1 & codes[i] & 0x55)
            return qk_fail(err, QK_ERR_ARG, "codes", "byte %zu is 0x%02x, with a code 3; expected 0 to 2", i,
                           codes[i]);
    for (size_t first = 0; first < rows; first += TRIT5_ROWS)
        for (size_t k = 0; k < columns; k += TRIT5_COLUMNS)
            for (size_t m = first; m < first + TRIT5_ROWS; m++)
                for (size_t i = k; i < k + 4; i++) {
                    unsigned byte = 0;
                    for (size_t f = 0; f < 5; f++)
                        byte += worth[f] * (m < rows && i + 4 * f < columns
                                                ? code_at(codes + m * (columns / 4), i + 4 * f)
                                                : 1);
                    *out++ = (uint8_t)byte;
                }
    return 0;
}

int qk_trit5_matvec(int32_t *y, const uint8_t *codes, size_t code_bytes, const int8_t *q, int32_t q_sum,
                    size_t rows, size_t columns, struct qk_error *err)
{
    const struct qk_variant *v;
    const int code =
        qk_i2s_check_product(QK_OP_trit5_gemv, y, codes, code_bytes, q, &q_sum, rows, columns, 1, &v, err);
    if (!code)
        QK_CALL(trit5_gemv, v->fn, y, codes, q, q_sum, rows, columns);
    return code;
}
