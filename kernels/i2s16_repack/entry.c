/* SPDX-License-Identifier: MIT */
#include "kernels/i2s16_repack/op.h"
#include "kernels/library/i2s_entry.h"
#include "kernels/library/spans.h"

int qk_i2s16_bytes(size_t rows, size_t columns, size_t *bytes, struct qk_error *err)
{
    size_t found;
    const int code = bytes ? qk_i2s_bytes(rows, columns, true, &found, err)
                           : qk_fail(err, QK_ERR_ARG, "bytes", "pointer is NULL; expected room for a size");
    if (!code)
        *bytes = found;
    return code;
}

int qk_i2s16_make(uint8_t *out, size_t out_bytes, const uint8_t *codes, size_t code_bytes, size_t rows,
                  size_t columns, struct qk_error *err)
{
    const struct qk_variant *v;
    size_t to, from;
    int code = qk_i2s_bytes(rows, columns, true, &to, err);
    if (!code)
        code = qk_i2s_bytes(rows, columns, false, &from, err);
    if (code)
        return code;
    if (out_bytes != to || code_bytes != from)
        return qk_fail(err, QK_ERR_ARG, out_bytes != to ? "out" : "codes",
                       "size mismatch: %zu bytes from %zu; expected %zu from %zu for %zu rows of %zu columns",
                       out_bytes, code_bytes, to, from, rows, columns);
    const struct qk_span spans[] = {{"out", out, out_bytes, 1}, {"codes", codes, code_bytes, 1}};
    code = qk_check_spans(spans, 2, err);
    if (!code)
        code = qk_best(QK_OP_i2s16_repack, spans, 2, &v, err);
    if (!code)
        QK_CALL(i2s16_repack, v->fn, out, codes, rows, columns);
    return code;
}
