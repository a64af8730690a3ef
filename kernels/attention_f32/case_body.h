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

enum { OUT, Q, K, V, BUFFERS };
enum { HEADS = 20, DIM = 128, GROUP = 4 };

/*
 * HEADSxDIMxPOSITIONS for one token, HEADSxDIMxPOSITIONSxTOKENS for several, of which the first sees
 * POSITIONS. Heads and width of BitNet b1.58 2B4T, at the start of a text and with the context full.
 */
static const struct qk_shape_set sets[] = {
    {"seed", "20x128x64 20x128x512 20x128x240x16"},
    {"model", "20x128x512 20x128x4096 20x128x1x512 20x128x3840x16"},
    {NULL, NULL},
};

/* Tails of columns, of tiles of positions, and of blocks of rows; groups of four and of one. */
#define CHECK_SHAPES                                                                                         \
    "1x1x1 2x8x3 4x64x33 4x128x3 1x15x70 3x33x31x2 8x71x9x3 2x136x65 4x20x64 1x200x32x2 1x3x1x9 4x16x30x35 " \
    "3x260x31x4 20x128x1x5"

/* Four query heads share a kv head, as in the model, if the number of heads allows it. */
static size_t group_of(size_t heads)
{
    return heads % GROUP ? 1 : GROUP;
}

static int too_large(struct qk_error *err)
{
    return qk_fail(err, QK_ERR_MEMORY, "shape", "attention has more elements than a size can hold");
}

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims < 3)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "attention takes HEADSxDIMxPOSITIONS or HEADSxDIMxPOSITIONSxTOKENS, found %d size(s)",
                       shape->dims);
    const size_t heads = shape->dim[0], dim = shape->dim[1], positions = shape->dim[2];
    const size_t tokens = shape->dims > 3 ? shape->dim[3] : 1, kv_heads = heads / group_of(heads);
    size_t width, used, last, seen;
    if (!qk_mul_size(kv_heads, dim, &width) || !qk_mul_size(heads, dim, &used) ||
        !qk_add_size(positions, tokens - 1, &last) || !qk_add_size(positions, last, &seen))
        return too_large(err);
    const struct qk_extent extents[] = {[OUT] = {"out", true, tokens, used, sizeof(float)},
                                        [Q] = {"q", false, tokens, used, sizeof(float)},
                                        [K] = {"k", false, last, width, sizeof(ELEMENT)},
                                        [V] = {"v", false, last, width, sizeof(ELEMENT)}};
    /*
     * For each query head and position that it sees, 2 multiplies and 2 adds for each column. Tokens see
     * (positions + last) / 2 on average.
     */
    const size_t factors[] = {heads, dim, tokens, seen, 2, 0};
    *p = (struct qk_plan){.count = positions,
                          .dims = {heads, kv_heads, dim, tokens},
                          .elements = (uint64_t)heads * tokens * seen / 2};
    return qk_plan_buffers(p, extents, BUFFERS, factors, err);
}

/* Calls of a kernel of either op. */
#define ATTENTION_CALLS(op)                                                                                  \
    static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd,                \
                     uint64_t calls)                                                                         \
    {                                                                                                        \
        qk_##op##_fn *const kernel = QK_FN(op, fn);                                                          \
        const size_t heads = p->dims[0], dim = p->dims[2];                                                   \
        const float scale = 1.0f / sqrtf((float)dim);                                                        \
        for (uint64_t i = 0; i < calls; i++) {                                                               \
            void *const *const b = i & 1 ? odd : even;                                                       \
            kernel(b[OUT], b[Q], b[K], b[V], p->dims[3], heads *dim, p->count, heads, p->dims[1], dim,       \
                   scale);                                                                                   \
        }                                                                                                    \
    }
