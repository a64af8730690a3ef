/* SPDX-License-Identifier: MIT */
#include "kernels/i2s16_repack/op.h"
#include "kernels/library/i2s_entry.h"
#include "kernels/library/spans.h"

int qk_i2s16_bytes(size_t rows, size_t columns, size_t *bytes, struct qk_error *err)
{
    return qk_i2s_bytes(rows, columns, QK_I2S_16, bytes, err);
}

int qk_i2s16_make(uint8_t *out, size_t out_bytes, const uint8_t *codes, size_t code_bytes, size_t rows,
                  size_t columns, struct qk_error *err)
{
    const struct qk_span spans[] = {{"out", out, out_bytes, 1}, {"codes", codes, code_bytes, 1}};
    const struct qk_variant *v;
    int code = qk_i2s_check_make(out, out_bytes, QK_I2S_16, codes, code_bytes, rows, columns, err);
    if (!code)
        code = qk_best(QK_OP_i2s16_repack, spans, 2, &v, err);
    if (!code)
        QK_CALL(i2s16_repack, v->fn, out, codes, rows, columns);
    return code;
}
