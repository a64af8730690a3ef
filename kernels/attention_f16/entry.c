/* SPDX-License-Identifier: MIT */
#include "kernels/attention_f16/op.h"
#include "kernels/attention_f32/entry_body.h"

int qk_attention_f16(float *out, const float *q, const uint16_t *k, const uint16_t *v, size_t tokens,
                     size_t stride, size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err)
{
    const struct attention_buffers buffers = {out, q, k, v, sizeof *k};
    const struct attention_sizes sizes = {tokens, stride, positions, heads, kv_heads, dim};
    const struct qk_variant *best = NULL;
    const int code = attention_check(QK_OP_attention_f16, &buffers, &sizes, &best, err);
    if (!code)
        QK_CALL(attention_f16, best->fn, out, q, k, v, tokens, stride, positions, heads, kv_heads, dim,
                scale);
    return code;
}
