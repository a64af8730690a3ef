/* SPDX-License-Identifier: MIT */
#include "kernels/api.h"

#include "kernels/cpu.h"
#include "kernels/layout.h"

#include <stdlib.h>

struct span {
    const char *name;
    const void *at;
    size_t bytes, align;
};

static bool overlap(const struct span *a, const struct span *b)
{
    const uintptr_t x = (uintptr_t)a->at, y = (uintptr_t)b->at;
    return a->bytes && b->bytes && (x < y ? y - x < a->bytes : x - y < b->bytes);
}

/* spans[0] is the output. */
static int check_spans(const struct span *spans, int count, struct qk_error *err)
{
    for (int i = 0; i < count; i++) {
        if (!spans[i].at)
            return qk_fail(err, QK_ERR_ARG, spans[i].name, "buffer is NULL; expected %zu bytes",
                           spans[i].bytes);
        if ((uintptr_t)spans[i].at % spans[i].align)
            return qk_fail(err, QK_ERR_ARG, spans[i].name, "buffer at %p; expected a multiple of %zu",
                           spans[i].at, spans[i].align);
        if (i && overlap(&spans[0], &spans[i]))
            return qk_fail(
                err, QK_ERR_ARG, spans[i].name,
                "buffer (%zu bytes at %p) overlaps the output (%zu bytes at %p); expected them apart",
                spans[i].bytes, spans[i].at, spans[0].bytes, spans[0].at);
    }
    return 0;
}

int qk_qk256_dequantise(float *out, const uint8_t *codes, size_t code_bytes, const float *scale,
                        size_t blocks, const float *lut, size_t block_size, struct qk_error *err)
{
    size_t expected_bytes, out_bytes;
    struct qk_cpu cpu;
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
    const struct span spans[] = {{"out", out, out_bytes, sizeof(float)},
                                 {"codes", codes, code_bytes, 1},
                                 {"scale", scale, blocks * sizeof(float), sizeof(float)},
                                 {"lut", lut, 4 * sizeof(float), sizeof(float)}};
    int code = check_spans(spans, 4, err);
    if (!code)
        code = qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), err);
    if (!code)
        qk_variant_best(QK_OP_qk256_dequant, &cpu)->fn.qk256_dequant(out, codes, scale, lut, blocks);
    return code;
}
