/* SPDX-License-Identifier: MIT */
#include "kernels/act_quant/op.h"
#include "kernels/cases/case_tools.h"

#include <stdint.h>

enum { Q, SCALE, SUM, X, BUFFERS };

/* The widths of BitNet b1.58 2B4T, one token and some. */
static const struct qk_shape_set sets[] = {
    {"seed", "2560 6912"},
    {"model", "2560 6912 32x2560 512x2560"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims > 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "act_quant takes ELEMENTS or ROWSxCOLS, found %d sizes",
                       shape->dims);
    const size_t rows = shape->dims > 1 ? shape->dim[0] : 1, columns = shape->dim[shape->dims > 1];
    if (columns > INT32_MAX / 127)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zu columns; expected at most %d", columns,
                       INT32_MAX / 127);
    const struct qk_extent extents[] = {[Q] = {"q", true, rows, columns, sizeof(int8_t)},
                                        [SCALE] = {"scale", true, rows, 1, sizeof(float)},
                                        [SUM] = {"sum", true, rows, 1, sizeof(int32_t)},
                                        [X] = {"x", false, rows, columns, sizeof(float)}};
    const size_t factors[] = {rows, columns, 4 /* absolute value, maximum; multiply, round */, 0};
    *p = (struct qk_plan){.count = columns, .dims = {rows}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    float *x = buffers[X];
    qk_fill_f32(buffers[X], p->buffers[X].bytes / sizeof(float), kind, rng);
    if (kind == QK_FILL_CODES)
        for (size_t r = 0; r < p->dims[0]; r++)
            x[r * p->count] = 127.0f; /* makes the scale 1 and every second element a tie */
}

QK_CALLS(act_quant, b[Q], b[SCALE], b[SUM], b[X], p->dims[0], p->count)

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_same_bytes(p, Q, expected, found, why, size) &&
           qk_same_f32(p, SCALE, expected, found, why, size) &&
           qk_same_bytes(p, SUM, expected, found, why, size);
}

const struct qk_case qk_act_quant_case = {
    .sets = sets,
    .check_shapes = "1 2 7 8 9 15 16 17 31 33 63 64 65 100 128 131 259 577 3x1 3x70 2x129",
    .touch_shape = "2x67",
    .plan = plan,
    .large = {{.dims = 1}},
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .rows_apart = 2,
    .same = same,
};
