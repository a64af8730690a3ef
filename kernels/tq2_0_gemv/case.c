/* SPDX-License-Identifier: MIT */
#include "kernels/cases/blocks.h"
#include "kernels/cases/case_tools.h"
#include "kernels/layout.h"
#include "kernels/tq2_0_gemv/op.h"

#include <stdint.h>
#include <string.h>

enum { Y, W, X, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the layers of BitNet b1.58 2B4T, as i2s_gemv has them. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "tq2_0_gemv takes ROWSxCOLS, found %d size(s)", shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1], blocks = columns / TQ2_0_BLOCK;
    if (columns % TQ2_0_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zux%zu; expected columns in multiples of %d", rows,
                       columns, TQ2_0_BLOCK);
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [W] = {"w", false, rows, blocks * TQ2_0_BLOCK_BYTES, 1},
                                        [X] = {"x", false, 1, blocks * Q8_K_BLOCK_BYTES, 1}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

/* Extreme activations have any sums in half of the blocks. The other kinds have those of their values. */
static void fill_x(uint8_t *x, size_t blocks, enum qk_fill kind, struct qk_rng *rng)
{
    for (size_t b = 0; b < blocks && x; b++, x += Q8_K_BLOCK_BYTES) {
        float scale;
        qk_fill_f32(&scale, 1, kind == QK_FILL_CODES ? QK_FILL_ORDINARY : kind, rng);
        memcpy(x, &scale, sizeof scale);
        qk_fill_bytes(x + Q8_K_VALUES, Q8_K_BLOCK_BYTES - Q8_K_VALUES, kind, rng);
        if (kind == QK_FILL_EXTREME && qk_rng_below(rng, 2))
            continue;
        for (size_t j = 0; j < TQ2_0_BLOCK; j += 16) {
            int16_t sum = 0;
            for (uint8_t *q = x + Q8_K_VALUES + j; q < x + Q8_K_VALUES + j + 16; q++) {
                if (kind == QK_FILL_ORDINARY && !*q)
                    *q = 1; /* or the code beside it decides nothing */
                sum = (int16_t)(sum + (int8_t)*q);
            }
            memcpy(x + Q8_K_SUMS + j / 8, &sum, sizeof sum);
        }
    }
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_fill_blocks(buffers[W], p->buffers[W].bytes, TQ2_0_BLOCK_BYTES, TQ2_0_SCALE, kind, rng);
    fill_x(buffers[X], p->dims[0] / TQ2_0_BLOCK, kind, rng);
}

QK_CALLS(tq2_0_gemv, b[Y], b[W], b[X], p->count, p->dims[0])

const struct qk_case qk_tq2_0_gemv_case = {
    .sets = sets,
    .check_shapes = "1x256 7x512 8x256 9x768 23x512 16x2560 3x6912",
    .touch_shape = "10x512",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .step = 16,
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
