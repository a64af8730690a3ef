/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/scale_i32/op.h"

enum { OUT, SUM, BUFFERS };

/* The widths of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "2560 6912"},
    {"model", "2560 6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "scale_i32 takes ELEMENTS, found %d sizes", shape->dims);
    const size_t n = shape->dim[0];
    const struct qk_extent extents[] = {
        [OUT] = {"out", true, 1, n, sizeof(float)}, [SUM] = {"sum", false, 1, n, sizeof(int32_t)}};
    const size_t factors[] = {n, 2 /* convert, multiply */, 0};
    *p = (struct qk_plan){.count = n, .elements = n};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_fill_bytes(buffers[SUM], p->buffers[SUM].bytes, kind, rng);
}

QK_CALLS(scale_i32, b[OUT], b[SUM], 0x1.8p-7f, p->count)

const struct qk_case qk_scale_i32_case = {
    .sets = sets,
    .check_shapes = "1 2 7 8 9 15 16 17 31 33 63 64 65 100 128 131 259",
    .touch_shape = "67",
    .plan = plan,
    .large = {{.dims = 1}},
    .fill = fill,
    .alternates = 1 << SUM,
    .call = call,
    .rows_apart = 1,
    .same = qk_same_f32_outputs,
};
