/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/rmsnorm/op.h"

enum { OUT, X, W, BUFFERS };

/* The widths of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "2560 6912"},
    {"model", "2560 6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "rmsnorm takes ELEMENTS, found %d sizes", shape->dims);
    const size_t n = shape->dim[0];
    const struct qk_extent extents[] = {[OUT] = {"out", true, 1, n, sizeof(float)},
                                        [X] = {"x", false, 1, n, sizeof(float)},
                                        [W] = {"w", false, 1, n, sizeof(float)}};
    const size_t factors[] = {n, 4 /* square, add; two multiplies */, 0};
    *p = (struct qk_plan){.count = n, .elements = n};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

QK_CALLS(rmsnorm, b[OUT], b[X], b[W], p->count, 1e-5f)

const struct qk_case qk_rmsnorm_case = {
    .sets = sets,
    .check_shapes = "1 2 7 8 9 15 16 17 31 33 63 64 65 100 128 131 259",
    .touch_shape = "67",
    .plan = plan,
    .large = {{.dims = 1}},
    .fill = qk_fill_f32_inputs,
    .alternates = 1 << X,
    .call = call,
    .same = qk_same_f32_outputs,
};
