/* SPDX-License-Identifier: MIT */
/*
 * The case of a ternary matrix times one row of int8. The interleaved orders have padding, which is there but
 * decides nothing. So their ops define their own CODES_BYTES: the member of struct qk_i2s_sizes that says how
 * many bytes the codes take. An order of other bytes also defines its own DECIDING, the member for the bytes
 * that decide the result, and FILL_CODES.
 */
#pragma once

#include "kernels/cases/i2s_inputs.h"

#ifndef CODES_BYTES
#define CODES_BYTES packed
#endif
#ifndef DECIDING
#define DECIDING packed
#endif
#ifndef FILL_CODES
#define FILL_CODES qk_i2s_fill_codes
#endif

enum { Y, CODES, Q, Q_SUM, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/*
 * model: the layers of BitNet b1.58 2B4T (q and o; k and v; gate and up; down), ROWS outputs x COLS inputs.
 * large: 307 MB of weights, past the caches.
 */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {"large", "480000x2560"},
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
        .buffers = {[Y] = {"y", true, s.rows * sizeof(int32_t), sizeof(int32_t), QK_SHARED},
                    [CODES] = {"codes", false, s.CODES_BYTES, 1, QK_SHARED},
                    [Q] = {"q", false, s.columns, 1, QK_SHARED},
                    [Q_SUM] = {"q_sum", false, sizeof(int32_t), sizeof(int32_t), QK_SHARED}},
        .count = s.rows,
        .dims = {s.columns},
        .elements = (uint64_t)s.rows * s.columns, /* weights: rates are per weight */
        .ops = 2 * (uint64_t)s.rows * s.columns,
        .bytes_read = s.DECIDING + s.columns + sizeof(int32_t),
        .bytes_written = s.rows * sizeof(int32_t),
    };
    return 0;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    FILL_CODES(kind, rng, buffers[CODES], p->buffers[CODES].bytes);
    qk_i2s_fill_activations(kind, rng, buffers[Q], buffers[Q_SUM], p->dims[0], 1);
}

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_i2s_same(expected[Y], found[Y], p->count, 1, why, size);
}
