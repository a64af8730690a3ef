/* SPDX-License-Identifier: MIT */
#include "kernels/cases/blocks.h"
#include "kernels/cases/case_tools.h"
#include "kernels/layout.h"
#include "kernels/q8_0_gemv/op.h"

enum { Y, W, X, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the output head of BitNet b1.58 2B4T, when a file has it in Q8_0. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "128256x2560"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "q8_0_gemv takes ROWSxCOLS, found %d size(s)", shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1];
    if (columns % Q8_0_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zux%zu; expected columns in multiples of %d", rows,
                       columns, Q8_0_BLOCK);
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [W] = {"w", false, rows, columns / Q8_0_BLOCK * Q8_0_BLOCK_BYTES, 1},
                                        [X] = {"x", false, 1, columns, sizeof(float)}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_fill_blocks(buffers[W], p->buffers[W].bytes, Q8_0_BLOCK_BYTES, 0, kind, rng);
    qk_fill_f32(buffers[X], p->buffers[X].bytes / sizeof(float), kind, rng);
}

QK_CALLS(q8_0_gemv, b[Y], b[W], b[X], p->count, p->dims[0])

const struct qk_case qk_q8_0_gemv_case = {
    .sets = sets,
    .check_shapes = "1x32 3x64 2x96 5x128 4x160 2x2560 17x320",
    .touch_shape = "5x160",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
