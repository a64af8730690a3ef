/* SPDX-License-Identifier: MIT */
/* What the cases of tl1_quantize and tl2_quantize share; `block`: how many elements have a scale in common. */
#ifndef QKBENCH_KERNELS_TL1_QUANTIZE_CASE_BODY_H
#define QKBENCH_KERNELS_TL1_QUANTIZE_CASE_BODY_H

#include "kernels/cases/case_tools.h"

enum { CODES, SCALE, X, BUFFERS };

static const struct qk_shape_set tl_sets[] = {
    {"seed", "256 4096"},
    {"model", "2560 6912"},
    {NULL, NULL},
};

static inline int tl_plan(const struct qk_shape *shape, struct qk_plan *p, size_t block, struct qk_error *err)
{
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "the quantisers take ELEMENTS, found %d sizes", shape->dims);
    const size_t n = shape->dim[0];
    const struct qk_extent extents[] = {
        [CODES] = {"codes", true, 1, n / 4 + (n % 4 != 0), 1},
        [SCALE] = {"scale", true, 1, n / block + (n % block != 0), sizeof(float)},
        [X] = {"x", false, 1, n, sizeof(float)}};
    const size_t factors[] = {n, 6 /* absolute value, maximum; divide, three comparisons */, 0};
    *p = (struct qk_plan){.count = n, .elements = n};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static inline bool tl_shape_for_bytes(size_t bytes, size_t block, struct qk_shape *shape)
{
    const size_t each = block / 4 + (block + 1) * sizeof(float);
    *shape = (struct qk_shape){.dims = 1, .dim = {bytes / each * block}};
    return shape->dim[0] > 0;
}

/* middle: between the upper two levels. */
static inline void tl_fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, float *x,
                           size_t block, float middle)
{
    const float midpoints[] = {-middle, 0.0f, middle};
    qk_fill_f32(x, p->count, kind, rng);
    if (kind != QK_FILL_CODES)
        return;
    /* A largest value of 1.5 makes the scale 1; the others lie on the midpoints or a few steps of f32 beside them. */
    for (size_t i = 0; i < p->count; i++) {
        const float step = (float)qk_rng_below(rng, 5) - 2.0f;
        x[i] = i % block ? midpoints[qk_rng_below(rng, 3)] + step * 0x1p-24f : 1.5f;
    }
}

static inline bool tl_same(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                           size_t size)
{
    return qk_same_bytes(p, CODES, expected, found, why, size) &&
           qk_same_f32(p, SCALE, expected, found, why, size);
}

#endif
