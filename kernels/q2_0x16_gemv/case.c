/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/layout.h"
#include "kernels/q2_0x16_gemv/op.h"

#include <stdint.h>

enum { Y, CODES, SCALE, Q, BIAS, X_SCALE, BUFFERS };
enum { COLUMNS = 2560, GROUP = 64 }; /* of the shapes made for a number of bytes */

/* model: the layers of BitNet b1.58 2B4T, as i2s_gemv has them. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x64x64 256x2560x64x32 256x2560x256x256"},
    {"model", "2560x2560x64x64 640x2560x64x64 6912x2560x64x64 2560x6912x64x64"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 4)
        return qk_fail(err, QK_ERR_ARG, "shape", "q2_0x16_gemv takes ROWSxCOLSxGROUPxBLOCK, found %d size(s)",
                       shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1], group = shape->dim[2], block = shape->dim[3];
    if ((group != 64 && group != 128 && group != 256) || (block != Q8_0_BLOCK && block != group))
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "group %zu, block %zu; expected a group of 64, 128 or 256, a block of %d or the group",
                       group, block, Q8_0_BLOCK);
    if (rows % I2S16_ROWS || columns % group)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "%zux%zu; expected rows in multiples of %d, columns in multiples of %zu", rows,
                       columns, I2S16_ROWS, group);
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [CODES] = {"codes", false, rows, columns / 4, sizeof(uint8_t)},
                                        [SCALE] = {"scale", false, rows, columns / group, sizeof(uint16_t)},
                                        [Q] = {"q", false, 1, columns, sizeof(int8_t)},
                                        [BIAS] = {"bias", false, 1, columns / block, sizeof(int32_t)},
                                        [X_SCALE] = {"x_scale", false, 1, columns / block, sizeof(float)}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns, group, block}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

/*
 * The bias is the sum of the block, as a caller has it, or at the ends of its range. Beside a zero the other
 * factor decides nothing, so an ordinary q is none.
 */
static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    const size_t block = p->dims[2], blocks = p->dims[0] / block;
    int8_t *q = buffers[Q];
    int32_t *bias = buffers[BIAS];
    qk_fill_bytes(buffers[CODES], p->buffers[CODES].bytes, kind, rng);
    qk_fill_f16(buffers[SCALE], p->buffers[SCALE].bytes / sizeof(uint16_t), kind, rng);
    qk_fill_bytes(q, p->dims[0], kind, rng);
    qk_fill_f32(buffers[X_SCALE], blocks, kind, rng);
    for (size_t c = 0; c < p->dims[0] && q && kind == QK_FILL_ORDINARY; c++)
        q[c] = q[c] ? q[c] : 1;
    for (size_t b = 0; b < blocks && bias; b++) {
        int32_t sum = 0;
        for (size_t c = 0; c < block && q; c++)
            sum += q[b * block + c];
        bias[b] = kind == QK_FILL_EXTREME && qk_rng_below(rng, 2) ? (b & 1 ? 1 : -1) * (1 << 24) : sum;
    }
}

QK_CALLS(q2_0x16_gemv, b[Y], b[CODES], b[SCALE], b[Q], b[BIAS], b[X_SCALE], p->count, p->dims[0], p->dims[1],
         p->dims[2])

const struct qk_case qk_q2_0x16_gemv_case = {
    .sets = sets,
    .check_shapes = "16x64x64x32 32x192x64x64 48x128x128x128 16x384x128x32 16x256x256x256 32x768x256x256 "
                    "16x512x256x32 16x6912x64x64",
    .touch_shape = "32x128x64x32",
    .plan = plan,
    .large = {{4, {0, COLUMNS, GROUP, GROUP}}},
    .step = I2S16_ROWS,
    .fill = fill,
    .alternates = 1 << Q | 1 << BIAS,
    .call = call,
    .rows_apart = 4,
    .same = qk_same_f32_outputs,
};
