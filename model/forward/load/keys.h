/* SPDX-License-Identifier: MIT */
/*
 * What each key of a model file does to the result: keys.def has a row for each that is known. A key that is
 * not applied is refused by name, unless its value means that nothing is to be done.
 */
#pragma once

#include "model/gguf/gguf.h"

struct model_config;

enum model_key {
    MODEL_KEY_ELSEWHERE, /* not in the architecture's namespace */
    MODEL_KEY_APPLIED,
    MODEL_KEY_IDLE,    /* known, and without effect as it is */
    MODEL_KEY_UNKNOWN, /* ignored, and whether that is right nobody here knows */
};
/* What the key does that model_keys_check has passed. */
enum model_key model_key_does(const struct model_config *c, const struct model_gguf_entry *entry);

/*
 * Refuses what would change the result and is not done here. c->arch, c->context, c->head_dim and c->rope are
 * known. QK_ERR_UNAVAILABLE names the key, its value, and what was expected.
 */
int model_keys_check(const struct model_config *c, const struct model_gguf *g, struct qk_error *err);

/* The name of a key in the architecture's namespace. */
struct model_key_name {
    char text[112];
};
struct model_key_name model_key_name(const struct model_config *c, const char *key);
/*
 * The value of a key of that namespace; an absent one leaves *to alone, so that it may hold a default.
 * QK_ERR_FORMAT as model_gguf_get_*.
 *
 *     size  an integer, or an array of integers that are all the same: one for each layer
 *     real  a number of any kind
 */
int model_key_size(const struct model_config *c, const struct model_gguf *g, const char *key, uint64_t max,
                   size_t *to, struct qk_error *err);
int model_key_real(const struct model_config *c, const struct model_gguf *g, const char *key, double min,
                   double max, double *to, struct qk_error *err);
