/* SPDX-License-Identifier: MIT */
/* What the entry points of both attentions check. They differ in the element type of their caches. */
#pragma once

#include "kernels/library/spans.h"

struct attention_buffers {
    float *out, *weight;
    const float *q;
    const void *k, *v;
    size_t cached; /* bytes of an element of k and v */
};

/* As qk_check_arrays: *best is the variant to call. */
static inline int attention_check(enum qk_op op, const struct attention_buffers *b, size_t positions,
                                  size_t heads, size_t kv_heads, size_t dim, const struct qk_variant **best,
                                  struct qk_error *err)
{
    size_t width;
    if (!positions)
        return qk_fail(err, QK_ERR_ARG, "positions", "no positions; expected one or more");
    if (!kv_heads || heads % kv_heads)
        return qk_fail(err, QK_ERR_ARG, "kv_heads",
                       "%zu kv heads for %zu heads; expected a number that divides it", kv_heads, heads);
    if (!qk_mul_size(kv_heads, dim, &width))
        return qk_fail(err, QK_ERR_MEMORY, "dim", "%zu heads of %zu elements overflow; expected at most %zu",
                       kv_heads, dim, SIZE_MAX);
    const struct qk_array arrays[] = {{"out", b->out, heads, dim, sizeof *b->out},
                                      {"weight", b->weight, heads, positions, sizeof *b->weight},
                                      {"q", b->q, heads, dim, sizeof *b->q},
                                      {"k", b->k, positions, width, b->cached},
                                      {"v", b->v, positions, width, b->cached}};
    return qk_check_arrays(op, arrays, 5, 2, best, err);
}
