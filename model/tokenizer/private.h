/* SPDX-License-Identifier: MIT */
/* The vocabulary as loaded (load.c) and as used (tokenizer.c). */
#pragma once

#include "model/tokenizer/pretokenize.h"
#include "model/tokenizer/tokenizer.h"

struct model_token {
    size_t at, size; /* of its bytes in `text` */
    bool control;
    bool spelled; /* its bytes can come from text: not control, and made of the 256 stand-ins */
};

/* What two neighbours become. Sorted by `pair`, which is left << 32 | right. */
struct model_merge {
    uint64_t pair;
    uint32_t rank;
    int32_t result;
};

/*
 * Sorted by hash, then bytes, then id. A file's maker gets colliding hashes for free, so they must not make a
 * search slower.
 */
struct model_spelling {
    uint64_t hash;
    int32_t id;
};

struct model_control {
    size_t size; /* of its name */
    int32_t id;
};

/* Hashes are divided by their first 16 bits, so that a search mostly begins where it ends. */
enum { MODEL_BUCKETS = 1 << 16, MODEL_BUCKET_SHIFT = 48 };

struct model_tokenizer {
    size_t count;
    struct model_token *token;
    char *text;
    struct model_spelling *spelling;
    size_t spellings;
    uint32_t *bucket; /* [MODEL_BUCKETS + 1] spellings before those whose hash begins with so many */
    struct model_merge *merge;
    size_t merges;
    int32_t byte[256]; /* the token of each byte */
    int32_t bos, eos;
    struct model_control *control; /* longest name first */
    size_t controls;
    struct model_splitter *splitter;
};

/* The token that has exactly these bytes, or -1. */
int32_t model_tokenizer_spelled(const struct model_tokenizer *t, const char *bytes, size_t size);
const struct model_merge *model_tokenizer_merge(const struct model_tokenizer *t, int32_t left, int32_t right);
