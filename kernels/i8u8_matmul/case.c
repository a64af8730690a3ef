/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/i8u8_matmul/op.h"

#include <stdint.h>

enum { OUT, A, B, BUFFERS };
enum { DEPTH = 64, COLUMNS = 64 }; /* of the shapes made for a number of bytes */

/* ROWSxDEPTHxCOLUMNS. */
static const struct qk_shape_set sets[] = {
    {"seed", "64x64x64"},
    {"model", "256x2560x64"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 3 || shape->dim[1] > INT32_MAX / (128 * 255))
        return qk_fail(err, QK_ERR_ARG, "shape", "i8u8_matmul takes ROWSxDEPTHxCOLUMNS, DEPTH at most %d",
                       INT32_MAX / (128 * 255));
    const size_t rows = shape->dim[0], depth = shape->dim[1], columns = shape->dim[2];
    const struct qk_extent extents[] = {[OUT] = {"out", true, rows, columns, sizeof(float)},
                                        [A] = {"a", false, rows, depth, sizeof(int8_t)},
                                        [B] = {"b", false, depth, columns, sizeof(uint8_t)}};
    const size_t factors[] = {rows, depth, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {depth, columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_fill_bytes(buffers[A], p->buffers[A].bytes / sizeof(int8_t), kind, rng);
    qk_fill_bytes(buffers[B], p->buffers[B].bytes / sizeof(uint8_t), kind, rng);
}

QK_CALLS(i8u8_matmul, b[OUT], b[A], b[B], p->count, p->dims[0], p->dims[1])

const struct qk_case qk_i8u8_matmul_case = {
    .sets = sets,
    .check_shapes =
        "1x1x1 2x2x2 8x8x8 16x16x16 7x9x11 32x32x32 33x33x33 3x1x17 5x2x15 4x31x16 1x64x1 2x2048x3",
    .touch_shape = "3x5x19",
    .plan = plan,
    .large = {{3, {0, DEPTH, COLUMNS}}},
    .fill = fill,
    .alternates = 1 << B,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
