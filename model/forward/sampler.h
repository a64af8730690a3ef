/* SPDX-License-Identifier: MIT */
/*
 * The next token from logits. Greedy takes the largest; among equals, the lowest id. Otherwise the steps are,
 * in this order:
 *
 *    - keep the top_k largest;
 *    - take the softmax at `temperature`;
 *    - keep the smallest set whose probability reaches top_p, which is never empty;
 *    - draw with the seeded generator.
 *
 * NaN logits are an error.
 */
#pragma once

#include "kernels/support.h"

struct model_sampling {
    float temperature; /* >= 0; 0: greedy */
    size_t top_k;      /* 0: all */
    float top_p;       /* 0 < top_p <= 1 */
    uint64_t seed;
};

struct model_sampler;

/*
 * Makes a sampler for a vocabulary of `vocab` tokens. QK_ERR_ARG: a value out of range, NaN included.
 * QK_ERR_MEMORY.
 */
int model_sampler_new(struct model_sampler **s, const struct model_sampling *how, size_t vocab,
                      struct qk_error *err);
void model_sampler_free(struct model_sampler *s);

/* How many of the largest logits decide the next token: 1 greedily, top_k, or 0 for all of them. */
size_t model_sampler_needs(const struct model_sampler *s);

/* Sets *id from logits[vocab], which must be finite. QK_ERR_INVALID names the first id whose logit is not. */
int model_sampler_next(struct model_sampler *s, const float *logits, int32_t *id, struct qk_error *err);
/*
 * The same token and the same draw from the logits of ids[count] alone, in ascending order. They must hold
 * the model_sampler_needs largest, and those equal to the last of these; or all, where that is 0.
 */
int model_sampler_among(struct model_sampler *s, const int32_t *ids, const float *logits, size_t count,
                        int32_t *id, struct qk_error *err);
