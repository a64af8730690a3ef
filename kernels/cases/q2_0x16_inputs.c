/* SPDX-License-Identifier: MIT */
#include "kernels/cases/q2_0x16_inputs.h"

#include "kernels/cases/case_tools.h"
#include "kernels/layout.h"

#include <stdint.h>

int qk_q2_0x16_plan(const struct qk_shape *shape, int dims, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != dims)
        return qk_fail(err, QK_ERR_ARG, "shape", "expected ROWSxCOLSxGROUPxBLOCK%s, found %d size(s)",
                       dims == 5 ? "xTOKENS" : "", shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1], group = shape->dim[2], block = shape->dim[3];
    const size_t tokens = dims == 5 ? shape->dim[4] : 1;
    if ((group != 64 && group != 128 && group != 256) || (block != Q8_0_BLOCK && block != group))
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "group %zu, block %zu; expected a group of 64, 128 or 256, a block of %d or the group",
                       group, block, Q8_0_BLOCK);
    if (rows % I2S16_ROWS || columns % group)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "%zux%zu; expected rows in multiples of %d, columns in multiples of %zu", rows,
                       columns, I2S16_ROWS, group);
    const struct qk_extent extents[] = {
        [QK_Q2_0X16_Y] = {"y", true, tokens, rows, sizeof(float)},
        [QK_Q2_0X16_CODES] = {"codes", false, rows, columns / 4, sizeof(uint8_t)},
        [QK_Q2_0X16_SCALE] = {"scale", false, rows, columns / group, sizeof(uint16_t)},
        [QK_Q2_0X16_Q] = {"q", false, tokens, columns, sizeof(int8_t)},
        [QK_Q2_0X16_BIAS] = {"bias", false, tokens, columns / block, sizeof(int32_t)},
        [QK_Q2_0X16_X_SCALE] = {"x_scale", false, tokens, columns / block, sizeof(float)}};
    const size_t factors[] = {rows, columns, tokens, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns, group, block, tokens}};
    const int code = qk_plan_buffers(p, extents, QK_Q2_0X16_BUFFERS, factors, err);
    p->elements = p->ops / 2;
    return code;
}

void qk_q2_0x16_fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    const size_t block = p->dims[2], values = p->buffers[QK_Q2_0X16_Q].bytes, blocks = values / block;
    int8_t *q = buffers[QK_Q2_0X16_Q];
    int32_t *bias = buffers[QK_Q2_0X16_BIAS];
    qk_fill_bytes(buffers[QK_Q2_0X16_CODES], p->buffers[QK_Q2_0X16_CODES].bytes, kind, rng);
    qk_fill_f16(buffers[QK_Q2_0X16_SCALE], p->buffers[QK_Q2_0X16_SCALE].bytes / sizeof(uint16_t), kind, rng);
    qk_fill_bytes(q, values, kind, rng);
    qk_fill_f32(buffers[QK_Q2_0X16_X_SCALE], blocks, kind, rng);
    for (size_t c = 0; c < values && q && kind == QK_FILL_ORDINARY; c++)
        q[c] = q[c] ? q[c] : 1;
    for (size_t b = 0; b < blocks && bias; b++) {
        int32_t sum = 0;
        for (size_t c = 0; c < block && q; c++)
            sum += q[b * block + c];
        bias[b] = kind == QK_FILL_EXTREME && qk_rng_below(rng, 2) ? (b & 1 ? 1 : -1) * (1 << 24) : sum;
    }
}
