/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/softmax/op.h"

enum { OUT, X, BUFFERS };

/* model: over the vocabulary of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "512 4096"},
    {"model", "128256"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "softmax takes ELEMENTS, found %d sizes", shape->dims);
    const size_t n = shape->dim[0];
    const struct qk_extent extents[] = {
        [OUT] = {"out", true, 1, n, sizeof(float)}, [X] = {"x", false, 1, n, sizeof(float)}};
    const size_t factors[] = {n, 20 /* of them 16 in the exponential */, 0};
    *p = (struct qk_plan){.count = n, .elements = n};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    float *x = buffers[X];
    qk_fill_f32(buffers[X], p->buffers[X].bytes / sizeof(float), kind, rng);
    if (kind == QK_FILL_CODES)
        for (size_t i = 0; i < p->count; i++)
            x[i] -= (float)i; /* down to where the exponential is cut off */
}

QK_CALLS(softmax, b[OUT], b[X], p->count)

const struct qk_case qk_softmax_case = {
    .sets = sets,
    .check_shapes = "1 2 7 8 9 15 16 17 31 33 63 64 65 100 128 131 259",
    .touch_shape = "67",
    .plan = plan,
    .large = {{.dims = 1}},
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .same = qk_same_f32_outputs,
};
