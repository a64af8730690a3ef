/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/qk256_dequant/op.h"

int qk_qk256_dequantise(float *out, const uint8_t *codes, size_t code_bytes, const float *scale,
                        size_t blocks, const float *lut, size_t block_size, struct qk_error *err)
{
    size_t expected_bytes, out_bytes;
    const struct qk_variant *best;
    if (block_size != QK256_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "block_size", "block_size=%zu; expected block_size=%d", block_size,
                       QK256_BLOCK);
    /* The largest of the sizes, so the others cannot overflow either. */
    if (!qk_mul_size(blocks, QK256_BLOCK * sizeof(float), &out_bytes))
        return qk_fail(err, QK_ERR_MEMORY, "blocks",
                       "%zu blocks of %zu output bytes overflow; expected at most %zu", blocks,
                       QK256_BLOCK * sizeof(float), SIZE_MAX / (QK256_BLOCK * sizeof(float)));
    expected_bytes = blocks * QK256_BLOCK_BYTES;
    if (code_bytes != expected_bytes)
        return qk_fail(err, QK_ERR_ARG, "codes",
                       "size mismatch: %zu bytes of codes; expected %zu, %d for each of %zu blocks",
                       code_bytes, expected_bytes, QK256_BLOCK_BYTES, blocks);
    const struct qk_span spans[] = {{"out", out, out_bytes, sizeof(float)},
                                    {"codes", codes, code_bytes, 1},
                                    {"scale", scale, blocks * sizeof(float), sizeof(float)},
                                    {"lut", lut, 4 * sizeof(float), sizeof(float)}};
    int code = qk_check_spans(spans, 4, err);
    if (!code)
        code = qk_best(QK_OP_qk256_dequant, spans, 4, &best, err);
    if (!code)
        QK_CALL(qk256_dequant, best->fn, out, codes, scale, lut, blocks);
    return code;
}
