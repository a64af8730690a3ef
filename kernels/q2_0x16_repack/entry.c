/* SPDX-License-Identifier: MIT */
#include "kernels/q2_0x16_repack/op.h"

#include "kernels/layout.h"
#include "kernels/library/spans.h"

size_t qk_q2_0x16_group(size_t block_bytes)
{
    switch (block_bytes) {
    case Q2_0_BLOCK_BYTES:
        return Q2_0_GROUP;
    case Q2_0_BLOCK_BYTES_LARGE:
        return Q2_0_GROUP_LARGE;
    case TQ2_0_BLOCK_BYTES:
        return TQ2_0_BLOCK;
    case TQ1_0_BLOCK_BYTES:
        return TQ1_0_BLOCK;
    }
    return 0;
}

int qk_q2_0x16_repack(uint8_t *codes, uint16_t *scale, const uint8_t *from, size_t rows, size_t columns,
                      size_t block_bytes, struct qk_error *err)
{
    const size_t group = qk_q2_0x16_group(block_bytes);
    const struct qk_variant *best = NULL;
    size_t padded;
    if (!group)
        return qk_fail(err, QK_ERR_ARG, "block_bytes", "blocks of %zu bytes; expected %d, %d, %d or %d",
                       block_bytes, Q2_0_BLOCK_BYTES, Q2_0_BLOCK_BYTES_LARGE, TQ1_0_BLOCK_BYTES,
                       TQ2_0_BLOCK_BYTES);
    if (columns % group || columns > I2S_COLUMNS_MAX)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %zu, at most %d",
                       columns, group, I2S_COLUMNS_MAX);
    if (!qk_align_size(rows, I2S16_ROWS, &padded))
        return qk_fail(err, QK_ERR_MEMORY, "rows", "%zu rows overflow; expected fewer", rows);
    const struct qk_array arrays[] = {{"codes", codes, padded, columns / 4, sizeof *codes},
                                      {"scale", scale, padded, columns / group, sizeof *scale},
                                      {"from", from, rows, columns / group * block_bytes, 1}};
    const int code = qk_check_arrays(QK_OP_q2_0x16_repack, arrays, 3, 2, &best, err);
    if (!code)
        QK_CALL(q2_0x16_repack, best->fn, codes, scale, from, rows, columns, block_bytes);
    return code;
}
