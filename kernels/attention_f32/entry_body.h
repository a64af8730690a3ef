/* SPDX-License-Identifier: MIT */
/* What the entry points of both attentions check. They differ in the element type of their caches. */
#pragma once

#include "kernels/library/spans.h"

struct attention_buffers {
    float *out;
    const float *q;
    const void *k, *v;
    size_t cached; /* bytes of an element of k and v */
};

struct attention_sizes {
    size_t tokens, stride, positions, heads, kv_heads, dim;
};

static inline int attention_overflows(const char *where, struct qk_error *err)
{
    return qk_fail(err, QK_ERR_MEMORY, where, "the sizes overflow; expected at most %zu elements", SIZE_MAX);
}

/* As qk_check_arrays: *best is the variant to call. */
static inline int attention_check(enum qk_op op, const struct attention_buffers *b,
                                  const struct attention_sizes *s, const struct qk_variant **best,
                                  struct qk_error *err)
{
    size_t used, width, last;
    if (!s->positions)
        return qk_fail(err, QK_ERR_ARG, "positions", "no positions; expected one or more");
    if (!s->kv_heads || s->heads % s->kv_heads)
        return qk_fail(err, QK_ERR_ARG, "kv_heads",
                       "%zu kv heads for %zu heads; expected a number that divides it", s->kv_heads,
                       s->heads);
    if (!qk_mul_size(s->heads, s->dim, &used) || !qk_mul_size(s->kv_heads, s->dim, &width))
        return attention_overflows("dim", err);
    if (s->stride < used)
        return qk_fail(err, QK_ERR_ARG, "stride", "%zu from token to token; expected at least %zu", s->stride,
                       used);
    if (!qk_add_size(s->positions, s->tokens ? s->tokens - 1 : 0, &last))
        return attention_overflows("positions", err);
    const struct qk_array arrays[] = {{"out", b->out, s->tokens, s->stride, sizeof *b->out},
                                      {"q", b->q, s->tokens, s->stride, sizeof *b->q},
                                      {"k", b->k, last, width, b->cached},
                                      {"v", b->v, last, width, b->cached}};
    return qk_check_arrays(op, arrays, 4, 1, best, err);
}
