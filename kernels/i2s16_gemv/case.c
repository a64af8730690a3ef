/* SPDX-License-Identifier: MIT */
#include "kernels/i2s_inputs.h"

enum { Y, CODES, Q, Q_SUM, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* model: the layers of BitNet b1.58 2B4T (q and o; k and v; gate and up; down), ROWS outputs x COLS inputs. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    struct qk_i2s_sizes s;
    const int code = qk_i2s_sizes(shape, 2, &s, err);
    if (code)
        return code;
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[Y] = {"y", true, s.rows * sizeof(int32_t), sizeof(int32_t)},
                    [CODES] = {"codes", false, s.interleaved, 1},
                    [Q] = {"q", false, s.columns, 1},
                    [Q_SUM] = {"q_sum", false, sizeof(int32_t), sizeof(int32_t)}},
        .count = s.rows,
        .dims = {s.columns},
        .elements = (uint64_t)s.rows * s.columns, /* weights: rates are per weight */
        .ops = 2 * (uint64_t)s.rows * s.columns,
        .bytes_read = s.packed + s.columns + sizeof(int32_t), /* the padding decides nothing */
        .bytes_written = s.rows * sizeof(int32_t),
    };
    return 0;
}

static bool shape_for_bytes(size_t bytes, struct qk_shape *shape)
{
    const size_t fixed = COLUMNS + sizeof(int32_t), row = COLUMNS / 4 + sizeof(int32_t);
    const size_t rows = bytes < fixed ? 0 : (bytes - fixed) / row / 16 * 16;
    *shape = (struct qk_shape){.dims = 2, .dim = {rows, COLUMNS}};
    return rows > 0;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_i2s_fill_codes(kind, rng, buffers[CODES], p->buffers[CODES].bytes);
    qk_i2s_fill_activations(kind, rng, buffers[Q], buffers[Q_SUM], p->dims[0], 1);
}

static void call(union qk_fn fn, const struct qk_plan *p, void *const *buffers, uint64_t calls)
{
    qk_i2s16_gemv_fn *const kernel = fn.i2s16_gemv;
    for (uint64_t i = 0; i < calls; i++)
        kernel(buffers[Y], buffers[CODES], buffers[Q], *(const int32_t *)buffers[Q_SUM], p->count,
               p->dims[0]);
}

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_i2s_same(expected[Y], found[Y], p->count, 1, why, size);
}

const struct qk_case qk_i2s16_gemv_case = {
    .sets = sets,
    .check_shapes = "1x128 2x256 15x384 16x1280 17x1408 31x640 32x512 33x2560 49x256 3x32768",
    .touch_shape = "17x128",
    .plan = plan,
    .shape_for_bytes = shape_for_bytes,
    .fill = fill,
    .call = call,
    .same = same,
};
