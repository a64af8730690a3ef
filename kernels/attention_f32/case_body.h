/* SPDX-License-Identifier: MIT */
/*
 * The case of attention_f32 and attention_f16. attention_f16 defines its own ELEMENT, the element type of its
 * cache.
 */
#pragma once

#include "kernels/cases/case_tools.h"

#include <math.h>

#ifndef ELEMENT
#define ELEMENT float
#endif

enum { OUT, WEIGHT, Q, K, V, BUFFERS };
enum { HEADS = 20, DIM = 128, GROUP = 4 };

/*
 * HEADSxDIMxPOSITIONS with the heads and width of BitNet b1.58 2B4T: at the start of a text, and with the
 * context full.
 */
static const struct qk_shape_set sets[] = {
    {"seed", "20x128x64 20x128x512"},
    {"model", "20x128x512 20x128x4096"},
    {NULL, NULL},
};

/* Four query heads share a kv head, as in the model, if the number of heads allows it. */
static size_t group_of(size_t heads)
{
    return heads % GROUP ? 1 : GROUP;
}

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 3)
        return qk_fail(err, QK_ERR_ARG, "shape", "attention takes HEADSxDIMxPOSITIONS, found %d size(s)",
                       shape->dims);
    const size_t heads = shape->dim[0], dim = shape->dim[1], positions = shape->dim[2];
    const size_t kv_heads = heads / group_of(heads);
    size_t width;
    if (!qk_mul_size(kv_heads, dim, &width))
        return qk_fail(err, QK_ERR_MEMORY, "shape", "%zux%zu elements are more than a size can hold",
                       kv_heads, dim);
    const struct qk_extent extents[] = {[OUT] = {"out", true, heads, dim, sizeof(float)},
                                        [WEIGHT] = {"weight", true, heads, positions, sizeof(float)},
                                        [Q] = {"q", false, heads, dim, sizeof(float)},
                                        [K] = {"k", false, positions, width, sizeof(ELEMENT)},
                                        [V] = {"v", false, positions, width, sizeof(ELEMENT)}};
    /* For each query head: a multiply and an add for each element of keys and of values. */
    const size_t factors[] = {heads, dim, positions, 4, 0};
    *p = (struct qk_plan){.count = positions, .dims = {heads, kv_heads, dim}, .elements = heads * positions};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}
