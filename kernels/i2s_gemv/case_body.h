/* SPDX-License-Identifier: MIT */
/* The case of a ternary matrix times one row of int8, in either order of the codes. */
#ifndef QKBENCH_KERNELS_I2S_GEMV_CASE_BODY_H
#define QKBENCH_KERNELS_I2S_GEMV_CASE_BODY_H

#include "kernels/cases/i2s_inputs.h"

enum { Y, CODES, Q, Q_SUM, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/*
 * model: the layers of BitNet b1.58 2B4T (q and o; k and v; gate and up; down), ROWS outputs x COLS inputs. large: 307 MB
 * of weights, past the caches.
 */
static const struct qk_shape_set gemv_sets[] = {
    {"seed", "256x2560"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {"large", "480000x2560"},
    {NULL, NULL},
};

/* interleaved: in I2S16 order, whose padding is there but decides nothing. */
static inline int gemv_plan(const struct qk_shape *shape, bool interleaved, struct qk_plan *p,
                            struct qk_error *err)
{
    struct qk_i2s_sizes s;
    const int code = qk_i2s_sizes(shape, 2, &s, err);
    if (code)
        return code;
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[Y] = {"y", true, s.rows * sizeof(int32_t), sizeof(int32_t)},
                    [CODES] = {"codes", false, interleaved ? s.interleaved : s.packed, 1},
                    [Q] = {"q", false, s.columns, 1},
                    [Q_SUM] = {"q_sum", false, sizeof(int32_t), sizeof(int32_t)}},
        .count = s.rows,
        .dims = {s.columns},
        .elements = (uint64_t)s.rows * s.columns, /* weights: rates are per weight */
        .ops = 2 * (uint64_t)s.rows * s.columns,
        .bytes_read = s.packed + s.columns + sizeof(int32_t),
        .bytes_written = s.rows * sizeof(int32_t),
    };
    return 0;
}

/* A number of rows that is a multiple of `unit`. */
static inline bool gemv_shape_for_bytes(size_t bytes, size_t unit, struct qk_shape *shape)
{
    const size_t fixed = COLUMNS + sizeof(int32_t), row = COLUMNS / 4 + sizeof(int32_t);
    const size_t rows = bytes < fixed ? 0 : (bytes - fixed) / row / unit * unit;
    *shape = (struct qk_shape){.dims = 2, .dim = {rows, COLUMNS}};
    return rows > 0;
}

static inline void gemv_fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng,
                             void *const *buffers)
{
    qk_i2s_fill_codes(kind, rng, buffers[CODES], p->buffers[CODES].bytes);
    qk_i2s_fill_activations(kind, rng, buffers[Q], buffers[Q_SUM], p->dims[0], 1);
}

static inline bool gemv_same(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                             size_t size)
{
    return qk_i2s_same(expected[Y], found[Y], p->count, 1, why, size);
}

#endif
