/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/head4_pack/op.h"
#include "kernels/layout.h"

#include <stdint.h>

enum { COARSE, FINE, SCALE, UNIT, SQUARES, W, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the output head of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "64x2560"},
    {"model", "128256x2560"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    enum { OPS = 18 /* of a weight: to x and c, two remainders, three squares */ };
    const int code = qk_matrix_of(shape, "head4_pack", HEAD4_ROWS, HEAD4_BLOCK, err);
    if (code)
        return code;
    const size_t rows = shape->dim[0], columns = shape->dim[1], blocks = columns / HEAD4_BLOCK;
    const struct qk_extent extents[] = {
        [COARSE] = {"coarse", true, rows, columns / 2, sizeof(uint8_t)},
        [FINE] = {"fine", true, rows, columns / 2, sizeof(uint8_t)},
        [SCALE] = {"scale", true, rows, blocks, sizeof(uint16_t)},
        [UNIT] = {"unit", true, rows, 1, sizeof(float)},
        [SQUARES] = {"squares", true, rows, HEAD4_SQUARES * HEAD4_LANES, sizeof(float)},
        [W] = {"w", false, rows, columns, sizeof(float)}};
    const size_t factors[] = {rows, columns, OPS, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

QK_CALLS(head4_pack, b[COARSE], b[FINE], b[SCALE], b[UNIT], b[SQUARES], b[W], p->count, p->dims[0])

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_same_bytes(p, COARSE, expected, found, why, size) &&
           qk_same_bytes(p, FINE, expected, found, why, size) &&
           qk_same_bytes(p, SCALE, expected, found, why, size) &&
           qk_same_f32(p, UNIT, expected, found, why, size) &&
           qk_same_f32(p, SQUARES, expected, found, why, size);
}

const struct qk_case qk_head4_pack_case = {
    .sets = sets,
    .check_shapes = "16x32 32x64 48x96 16x160 64x256 16x640 32x2560 16x8192",
    .touch_shape = "32x96",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .step = HEAD4_ROWS,
    .fill = qk_fill_f32_inputs,
    .alternates = 1 << W,
    .call = call,
    .rows_apart = 2,
    .same = same,
};
