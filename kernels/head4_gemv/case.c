/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/head4_gemv/op.h"
#include "kernels/layout.h"

#include <stdint.h>

enum { Y, CODES, SCALE, Q, BIAS, X_SCALE, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: a plane of the output head of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "128256x2560"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    const int code = qk_matrix_of(shape, "head4_gemv", HEAD4_ROWS, HEAD4_BLOCK, err);
    if (code)
        return code;
    const size_t rows = shape->dim[0], columns = shape->dim[1], blocks = columns / HEAD4_BLOCK;
    const struct qk_extent extents[] = {[Y] = {"y", true, rows, 1, sizeof(float)},
                                        [CODES] = {"codes", false, rows, columns / 2, sizeof(uint8_t)},
                                        [SCALE] = {"scale", false, rows, blocks, sizeof(uint16_t)},
                                        [Q] = {"q", false, 1, columns, sizeof(int8_t)},
                                        [BIAS] = {"bias", false, 1, blocks, sizeof(int32_t)},
                                        [X_SCALE] = {"x_scale", false, 1, blocks, sizeof(float)}};
    const size_t factors[] = {rows, columns, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns}, .elements = rows * columns};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

/*
 * The bias is 15 times the sum of the block, as a caller has it, or at the ends of its range. Beside a zero
 * the other factor decides nothing, so an ordinary q is none.
 */
static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    const size_t blocks = p->dims[0] / HEAD4_BLOCK;
    int8_t *q = buffers[Q];
    int32_t *bias = buffers[BIAS];
    qk_fill_bytes(buffers[CODES], p->buffers[CODES].bytes, kind, rng);
    qk_fill_f16(buffers[SCALE], p->buffers[SCALE].bytes / sizeof(uint16_t), kind, rng);
    qk_fill_bytes(q, p->dims[0], kind, rng);
    qk_fill_f32(buffers[X_SCALE], blocks, kind, rng);
    for (size_t c = 0; c < p->dims[0] && q && kind == QK_FILL_ORDINARY; c++)
        q[c] = q[c] ? q[c] : 1;
    for (size_t b = 0; b < blocks && bias; b++) {
        int32_t sum = 0;
        for (size_t c = 0; c < HEAD4_BLOCK && q; c++)
            sum += q[b * HEAD4_BLOCK + c];
        bias[b] = kind == QK_FILL_EXTREME && qk_rng_below(rng, 2) ? (b & 1 ? 1 : -1) * (1 << 24) : 15 * sum;
    }
}

QK_CALLS(head4_gemv, b[Y], b[CODES], b[SCALE], b[Q], b[BIAS], b[X_SCALE], p->count, p->dims[0])

const struct qk_case qk_head4_gemv_case = {
    .sets = sets,
    .check_shapes = "16x32 32x64 48x96 16x160 64x256 16x640 32x2560 16x8192",
    .touch_shape = "32x96",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .step = HEAD4_ROWS,
    .fill = fill,
    .alternates = 1 << Q | 1 << BIAS,
    .call = call,
    .rows_apart = 2,
    .same = qk_same_f32_outputs,
};
