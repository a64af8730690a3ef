/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"
#include "kernels/rope_pairs/op.h"

int qk_rope_pairs(float *out, const float *x, const float *cosine, const float *sine, size_t heads,
                  size_t half, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (half > SIZE_MAX / 2)
        return qk_fail(err, QK_ERR_MEMORY, "half", "%zu pairs overflow; expected at most %zu", half,
                       SIZE_MAX / 2);
    const struct qk_array arrays[] = {{"out", out, heads, 2 * half, sizeof *out},
                                      {"x", x, heads, 2 * half, sizeof *x},
                                      {"cosine", cosine, 1, half, sizeof *cosine},
                                      {"sine", sine, 1, half, sizeof *sine}};
    const int code = qk_check_arrays(QK_OP_rope_pairs, arrays, 4, 1, &best, err);
    if (!code)
        QK_CALL(rope_pairs, best->fn, out, x, cosine, sine, heads, half);
    return code;
}
