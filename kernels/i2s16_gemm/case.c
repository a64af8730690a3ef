/* SPDX-License-Identifier: MIT */
#include "kernels/cases/i2s_inputs.h"
#include "kernels/i2s16_gemm/op.h"
#include "kernels/layout.h"

enum { Y, CODES, Q, Q_SUM, BUFFERS };
enum {
    COLUMNS = 2560,
    TOKENS = 2
}; /* of the shapes made for a number of bytes: the fewest products per byte */

/*
 * model: the largest layer of BitNet b1.58 2B4T, ROWS outputs x COLS inputs x TOKENS; batch: how it pays off.
 */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x16"},
    {"batch", "640x2560x2 640x2560x4 640x2560x8 640x2560x16 640x2560x32 640x2560x64"},
    {"model", "6912x2560x512"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    struct qk_i2s_sizes s;
    const int code = qk_i2s_sizes(shape, 3, &s, err);
    if (code)
        return code;
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[Y] = {"y", true, s.rows * s.tokens * sizeof(int32_t), sizeof(int32_t), QK_SHARED},
                    [CODES] = {"codes", false, s.interleaved, 1, QK_SHARED},
                    [Q] = {"q", false, s.columns * s.tokens, 1, QK_SHARED},
                    [Q_SUM] = {"q_sum", false, s.tokens * sizeof(int32_t), sizeof(int32_t), QK_SHARED}},
        .count = s.rows,
        .dims = {s.columns, s.tokens},
        .elements = (uint64_t)s.rows * s.columns * s.tokens, /* products */
        .ops = 2 * (uint64_t)s.rows * s.columns * s.tokens,
        .bytes_read = s.packed + (s.columns + sizeof(int32_t)) * s.tokens, /* the padding decides nothing */
        .bytes_written = s.rows * s.tokens * sizeof(int32_t),
    };
    return 0;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_i2s_fill_codes(kind, rng, buffers[CODES], p->buffers[CODES].bytes);
    qk_i2s_fill_activations(kind, rng, buffers[Q], buffers[Q_SUM], p->dims[0], p->dims[1]);
}

QK_CALLS(i2s16_gemm, b[Y], b[CODES], b[Q], b[Q_SUM], p->count, p->dims[0], p->dims[1])

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_i2s_same(expected[Y], found[Y], p->count, p->dims[1], why, size);
}

const struct qk_case qk_i2s16_gemm_case = {
    .sets = sets,
    .check_shapes = "1x128x1 2x256x2 15x384x3 16x128x4 17x640x5 31x128x6 32x256x7 33x128x11 48x128x12 "
                    "49x128x13 16x128x23 32x128x24 5x128x25 33x2688x3 3x32768x2",
    .touch_shape = "17x128x2",
    .plan = plan,
    .large = {{3, {0, COLUMNS, TOKENS}}},
    .step = I2S16_ROWS,
    .fill = fill,
    .alternates = 1 << Q | 1 << Q_SUM,
    .call = call,
    .same = same,
};
