/* SPDX-License-Identifier: MIT */
#include "kernels/bf16_gemv/op.h"
#include "kernels/cases/case_tools.h"

enum { Y, W, X, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the output head of BitNet b1.58 2B4T, when a file has it in BF16. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "128256x2560"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "bf16_gemv takes ROWSxCOLS, found %d size(s)", shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1];
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [W] = {"w", false, rows, columns, sizeof(uint16_t)},
                                        [X] = {"x", false, 1, columns, sizeof(float)}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_fill_f16(buffers[W], p->buffers[W].bytes / sizeof(uint16_t), kind, rng);
    qk_fill_f32(buffers[X], p->buffers[X].bytes / sizeof(float), kind, rng);
}

QK_CALLS(bf16_gemv, b[Y], b[W], b[X], p->count, p->dims[0])

const struct qk_case qk_bf16_gemv_case = {
    .sets = sets,
    .check_shapes = "1x1 2x2 3x7 1x8 2x9 3x15 2x16 3x17 2x31 2x33 3x63 4x64 3x65 2x100 2x128 3x131 5x257",
    .touch_shape = "3x71",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
