/* SPDX-License-Identifier: MIT */
/*
 * The angles by which rope turns queries and keys. The angle of pair j is proportional to the position, by
 * model_rope_frequency. With n = half a head's width, f = factor:
 *
 *     NONE     base^(-j / n)
 *     LINEAR   base^(-j / n) / f
 *     YARN     base^(-j / n) * ((1 - r) / f + r), where r falls from 1 to 0 between two pairs, low and high:
 *              those that turn 32 times and once in the original context
 *
 * Sines and cosines are multiplied by `magnitude`: attn_factor, and with yarn 1 + 0.1 * ln f. Source:
 * ggml-org/llama.cpp src/llama-context.cpp, ggml src/ggml.c; Peng et al., "YaRN", 2023.
 */
#pragma once

#include "model/gguf/gguf.h"

struct model_config;

enum model_rope_scaling { MODEL_ROPE_NONE, MODEL_ROPE_LINEAR, MODEL_ROPE_YARN };
extern const char *const model_rope_names[]; /* as rope.scaling.type has them */

struct model_rope {
    double base;
    enum model_rope_scaling scaling;
    double factor;    /* > 0 */
    double original;  /* positions of the original context, for yarn */
    double magnitude; /* > 0 */
};

/*
 * Reads rope.* of the architecture's namespace. c->arch, c->context and c->head_dim are known. Without a type
 * a factor is linear, and without a factor nothing is scaled. QK_ERR_FORMAT for values out of range.
 * QK_ERR_UNAVAILABLE names another type of scaling.
 */
int model_rope_read(struct model_rope *rope, const struct model_config *c, const struct model_gguf *g,
                    struct qk_error *err);
/* Radians a position of pair j < half, of a head with `half` pairs. */
double model_rope_frequency(const struct model_rope *rope, size_t half, size_t j);
