/* SPDX-License-Identifier: MIT */
#include "kernels/api.h"
#include "kernels/spans.h"

int qk_attention_f16(float *out, float *weight, const float *q, const uint16_t *k, const uint16_t *v,
                     size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    size_t width;
    if (!positions)
        return qk_fail(err, QK_ERR_ARG, "positions", "no positions; expected one or more");
    if (!kv_heads || heads % kv_heads)
        return qk_fail(err, QK_ERR_ARG, "kv_heads",
                       "%zu kv heads for %zu heads; expected a number that divides it", kv_heads, heads);
    if (!qk_mul_size(kv_heads, dim, &width))
        return qk_fail(err, QK_ERR_MEMORY, "dim", "%zu heads of %zu elements overflow; expected at most %zu",
                       kv_heads, dim, SIZE_MAX);
    const struct qk_array arrays[] = {{"out", out, heads, dim, sizeof *out},
                                      {"weight", weight, heads, positions, sizeof *weight},
                                      {"q", q, heads, dim, sizeof *q},
                                      {"k", k, positions, width, sizeof *k},
                                      {"v", v, positions, width, sizeof *v}};
    const int code = qk_check_arrays(QK_OP_attention_f16, arrays, 5, 2, &best, err);
    if (!code)
        best->fn.attention_f16(out, weight, q, k, v, positions, heads, kv_heads, dim, scale);
    return code;
}
