/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/i8_gemv/op.h"

#include <stdint.h>

enum { Y, W, Q, SCALE, X_SCALE, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the output head of BitNet b1.58 2B4T, one byte a weight. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "128256x2560"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "i8_gemv takes ROWSxCOLS, found %d size(s)", shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1];
    if (columns > INT32_MAX / (128 * 128))
        return qk_fail(err, QK_ERR_ARG, "shape", "%zu columns; expected at most %d", columns,
                       INT32_MAX / (128 * 128));
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [W] = {"w", false, rows, columns, sizeof(int8_t)},
                                        [Q] = {"q", false, 1, columns, sizeof(int8_t)},
                                        [SCALE] = {"scale", false, rows, 1, sizeof(float)},
                                        [X_SCALE] = {"x_scale", false, 1, 1, sizeof(float)}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    int8_t *const bytes[] = {buffers[W], buffers[Q]};
    qk_fill_bytes(buffers[W], p->buffers[W].bytes / sizeof(int8_t), kind, rng);
    qk_fill_bytes(buffers[Q], p->buffers[Q].bytes / sizeof(int8_t), kind, rng);
    qk_fill_f32(buffers[SCALE], p->buffers[SCALE].bytes / sizeof(float), kind, rng);
    qk_fill_f32(buffers[X_SCALE], p->buffers[X_SCALE].bytes / sizeof(float), kind, rng);
    /* Beside a zero the other factor decides nothing. */
    for (int b = 0; b < 2 && kind == QK_FILL_ORDINARY; b++)
        for (size_t i = 0; i < p->buffers[b ? Q : W].bytes && bytes[b]; i++)
            bytes[b][i] = bytes[b][i] ? bytes[b][i] : 1;
}

QK_CALLS(i8_gemv, b[Y], b[W], b[Q], b[SCALE], b[X_SCALE], p->count, p->dims[0])

const struct qk_case qk_i8_gemv_case = {
    .sets = sets,
    .check_shapes = "1x1 2x2 3x15 2x16 3x17 2x31 2x48 3x63 4x64 3x65 2x127 2x128 3x191 2x255 4x256 3x257 "
                    "2x331 2x640 1x32768",
    .touch_shape = "3x91",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .fill = fill,
    .alternates = 1 << Q,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
