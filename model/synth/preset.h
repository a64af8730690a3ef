/* SPDX-License-Identifier: MIT */
/* The names of synthetic models, and their sizes. */
#pragma once

#include "model/gguf/gguf.h"

/* A row of presets.def, which explains the columns. */
struct model_synth_preset {
    const char *name, *model;
    bool cut;
    const char *arch;
    uint32_t vocab, context, embedding, layers, feed_forward, head_dim, heads, kv_heads, merges;
    float base, epsilon;
    const char *pre;
    bool own_head;
    enum model_gguf_type matrices, table;
    const char *unverified;
};
/* Row i of presets.def. NULL after the last. */
const struct model_synth_preset *model_synth_preset(size_t i);

/* What a name says: NAME[/N][,head=peaked][,head=TYPE][,matrices=TYPE]. */
struct model_synth_name {
    const struct model_synth_preset *preset;
    uint32_t layers;
    bool peaked;
    enum model_gguf_type matrices, table;
};
/* QK_ERR_ARG says what there is. */
int model_synth_parse(struct model_synth_name *to, const char *name, struct qk_error *err);
