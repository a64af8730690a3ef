/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/silu_mul/op.h"

enum { OUT, GATE, UP, BUFFERS };

/* The inner width of Llama3-8B-1.58. */
static const struct qk_shape_set sets[] = {
    {"seed", "14336"},
    {"model", "14336"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "silu_mul takes ELEMENTS, found %d sizes", shape->dims);
    const size_t n = shape->dim[0];
    const struct qk_extent extents[] = {[OUT] = {"out", true, 1, n, sizeof(float)},
                                        [GATE] = {"gate", false, 1, n, sizeof(float)},
                                        [UP] = {"up", false, 1, n, sizeof(float)}};
    const size_t factors[] = {n, 20 /* of them 16 in the exponential */, 0};
    *p = (struct qk_plan){.count = n, .elements = n};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

QK_CALLS(silu_mul, b[OUT], b[GATE], b[UP], p->count)

const struct qk_case qk_silu_mul_case = {
    .sets = sets,
    .check_shapes = "1 2 7 8 9 15 16 17 31 33 63 64 65 100 128 131 259",
    .touch_shape = "67",
    .plan = plan,
    .large = {{.dims = 1}},
    .fill = qk_fill_f32_inputs,
    .alternates = 1 << GATE,
    .call = call,
    .rows_apart = 1,
    .same = qk_same_f32_outputs,
};
