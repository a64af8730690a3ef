/* SPDX-License-Identifier: MIT */
#include "kernels/cases/blocks.h"
#include "kernels/cases/case_tools.h"
#include "kernels/layout.h"
#include "kernels/q2_0_gemv/op.h"

#include <stdint.h>

enum { Y, W, X, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the layers of BitNet b1.58 2B4T, as i2s_gemv has them. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x64 256x2560x128"},
    {"model", "2560x2560x64 640x2560x64 6912x2560x64 2560x6912x64 6912x2560x128"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 3)
        return qk_fail(err, QK_ERR_ARG, "shape", "q2_0_gemv takes ROWSxCOLSxGROUP, found %d size(s)",
                       shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1], group = shape->dim[2];
    if ((group != Q2_0_GROUP && group != Q2_0_GROUP_LARGE) || columns % group)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "%zux%zux%zu; expected a group of %d or %d, columns in multiples of it", rows, columns,
                       group, Q2_0_GROUP, Q2_0_GROUP_LARGE);
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [W] = {"w", false, rows, columns / group * (2 + group / 4), 1},
                                        [X] = {"x", false, 1, columns / Q8_0_BLOCK * Q8_0_BLOCK_BYTES, 1}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns, group}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    const size_t w_block = 2 + p->dims[1] / 4;
    qk_fill_blocks(buffers[W], p->buffers[W].bytes, w_block, 0, kind, rng);
    qk_fill_blocks(buffers[X], p->buffers[X].bytes, Q8_0_BLOCK_BYTES, 0, kind, rng);
}

QK_CALLS(q2_0_gemv, b[Y], b[W], b[X], p->count, p->dims[0], p->dims[1])

const struct qk_case qk_q2_0_gemv_case = {
    .sets = sets,
    .check_shapes = "1x64x64 8x128x64 9x192x64 23x320x64 16x2560x64 7x128x128 17x384x128 3x6912x128",
    .touch_shape = "10x192x64",
    .plan = plan,
    .large = {{3, {0, COLUMNS, Q2_0_GROUP}}},
    .step = 16,
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .rows_apart = 3,
    .same = qk_same_f32_outputs,
};
