/* SPDX-License-Identifier: MIT */
/*
 * The case of tl1_quantize and tl2_quantize. tl2_quantize defines its own BLOCK, the number of elements that
 * share a scale. It also defines its own MIDDLE, the midpoint between the upper two levels.
 */
#pragma once

#include "kernels/cases/case_tools.h"

#ifndef BLOCK
#define BLOCK  64
#define MIDDLE 0.665f
#endif

enum { CODES, SCALE, X, BUFFERS };

static const struct qk_shape_set sets[] = {
    {"seed", "256 4096"},
    {"model", "2560 6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "the quantisers take ELEMENTS, found %d sizes", shape->dims);
    const size_t n = shape->dim[0];
    const struct qk_extent extents[] = {
        [CODES] = {"codes", true, 1, n / 4 + (n % 4 != 0), 1},
        [SCALE] = {"scale", true, 1, n / BLOCK + (n % BLOCK != 0), sizeof(float)},
        [X] = {"x", false, 1, n, sizeof(float)}};
    const size_t factors[] = {n, 6 /* absolute value, maximum; divide, three comparisons */, 0};
    *p = (struct qk_plan){.count = n, .elements = n};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    float *const x = buffers[X];
    const float midpoints[] = {-MIDDLE, 0.0f, MIDDLE};
    qk_fill_f32(x, p->count, kind, rng);
    if (kind != QK_FILL_CODES)
        return;
    /*
     * A largest value of 1.5 makes the scale 1. The other values lie on the midpoints or a few steps of f32
     * beside them.
     */
    for (size_t i = 0; i < p->count; i++) {
        const float step = (float)qk_rng_below(rng, 5) - 2.0f;
        x[i] = i % BLOCK ? midpoints[qk_rng_below(rng, 3)] + step * 0x1p-24f : 1.5f;
    }
}

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_same_bytes(p, CODES, expected, found, why, size) &&
           qk_same_f32(p, SCALE, expected, found, why, size);
}
