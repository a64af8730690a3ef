/* SPDX-License-Identifier: MIT */
/* The vocabulary as loaded (load.c) and as used (tokenizer.c, names.c, chat.c). */
#pragma once

#include "model/tokenizer/chat.h"
#include "model/tokenizer/pretokenize.h"
#include "model/tokenizer/tokenizer.h"

struct model_token {
    size_t at, size; /* of its bytes in `text` */
    bool spelled;    /* its bytes can come from pieces: not control, and made of the 256 stand-ins */
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

/* Tokens that are found in text by their names, sorted by name, then id. */
struct model_names {
    int32_t *id;
    size_t count;
    bool first[256]; /* is there one that begins with this byte? */
};

/* Most tokens that end generation: those of three keys, and of the names known to. */
enum { MODEL_STOPS = 16 };

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
    int32_t bos;
    int32_t stop[MODEL_STOPS];
    size_t stops;
    struct model_names control, plain; /* of control tokens; of user-defined ones, which plain text gives */
    const struct model_pre *pre;
    bool pre_said; /* by the file */
    struct model_splitter *splitter;
    const struct model_chat_form *chat; /* what the file seems to be made for; NULL when nothing says it */
};

/* Below, at or above 0: shorter tokens come first. */
int model_token_compare(const struct model_tokenizer *t, int32_t id, const char *bytes, size_t size);
/* The token that has exactly these bytes, or -1. */
int32_t model_tokenizer_spelled(const struct model_tokenizer *t, const char *bytes, size_t size);
const struct model_merge *model_tokenizer_merge(const struct model_tokenizer *t, int32_t left, int32_t right);
/* Sets t->pre. QK_ERR_FORMAT names the key of another kind of tokenizer, or of rules that are not known. */
int model_rules_read(struct model_tokenizer *t, const struct model_gguf *g, struct qk_error *err);
/* Is it the name of a token that ends a text, a turn or a message, whatever the file's keys say? */
bool model_name_stops(const char *name, size_t size);
/* The longest name that text[left] begins with: its token, or -1. */
int32_t model_names_at(const struct model_tokenizer *t, const struct model_names *names, const char *text,
                       size_t left);
/* Sorts the names, whose ids are there. */
void model_names_sort(const struct model_tokenizer *t, struct model_names *names);

/* Part of a text: names of control tokens in it become those tokens, or are plain text. */
struct model_text {
    const char *bytes;
    size_t size;
    bool special;
};
/*
 * Appends the ids of parts[count], one behind the other. Plain text is split into pieces across the borders
 * of parts. Errors of model_tokenizer_encode.
 */
int model_tokenizer_encode_parts(const struct model_tokenizer *t, const struct model_text *parts,
                                 size_t count, struct model_ids *ids, struct qk_error *err);
/* The form that the file's keys and tokens point to, or NULL. */
const struct model_chat_form *model_chat_detect(const struct model_tokenizer *t, const struct model_gguf *g);
