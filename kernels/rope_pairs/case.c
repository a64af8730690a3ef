/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/rope_pairs/op.h"

enum { OUT, X, COSINE, SINE, BUFFERS };
enum { DIM = 128 }; /* of the shapes made for a number of bytes */

/* HEADSxDIM: queries and keys of Llama3-8B-1.58. */
static const struct qk_shape_set sets[] = {
    {"seed", "32x128 8x128"},
    {"model", "32x128 8x128"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 2 || shape->dim[1] % 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "rope_pairs takes HEADSxDIM, DIM even");
    const size_t heads = shape->dim[0], dim = shape->dim[1], half = dim / 2;
    const struct qk_extent extents[] = {[OUT] = {"out", true, heads, dim, sizeof(float)},
                                        [X] = {"x", false, heads, dim, sizeof(float)},
                                        [COSINE] = {"cosine", false, 1, half, sizeof(float)},
                                        [SINE] = {"sine", false, 1, half, sizeof(float)}};
    const size_t factors[] = {heads, dim, 3, 0};
    *p = (struct qk_plan){.count = heads, .dims = {half}, .elements = heads * dim};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

QK_CALLS(rope_pairs, b[OUT], b[X], b[COSINE], b[SINE], p->count, p->dims[0])

const struct qk_case qk_rope_pairs_case = {
    .sets = sets,
    .check_shapes = "1x2 3x2 2x6 2x8 3x10 2x14 2x16 3x18 2x30 1x64 2x66 5x128 2x130",
    .touch_shape = "2x38",
    .plan = plan,
    .large = {{2, {0, DIM}}},
    .fill = qk_fill_f32_inputs,
    .alternates = 1 << COSINE | 1 << SINE,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
