/* SPDX-License-Identifier: MIT */
#include "kernels/f32_dot/op.h"
#include "kernels/library/spans.h"

int qk_f32_dot(float *out, const float *a, const float *b, size_t n, struct qk_error *err)
{
    size_t bytes;
    const struct qk_variant *best;
    if (!qk_mul_size(n, sizeof(float), &bytes))
        return qk_fail(err, QK_ERR_MEMORY, "n", "%zu elements of %zu bytes overflow; expected at most %zu", n,
                       sizeof(float), SIZE_MAX / sizeof(float));
    const struct qk_span spans[] = {{"out", out, sizeof(float), sizeof(float)},
                                    {"a", a, bytes, sizeof(float)},
                                    {"b", b, bytes, sizeof(float)}};
    int code = qk_check_spans(spans, 3, err);
    if (!code)
        code = qk_best(QK_OP_f32_dot, spans, 3, &best, err);
    if (!code)
        QK_CALL(f32_dot, best->fn, out, a, b, n);
    return code;
}
