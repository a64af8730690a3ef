/* SPDX-License-Identifier: MIT */
/*
 * Cuts text into pieces. The first rule that matches counts. Those of LLAMA3:
 *
 *     1. a contraction ('s 't 're 've 'm 'll 'd in either case)
 *     2. letters; one character that is no letter, digit or line end may stand before them
 *     3. one to three digits
 *     4. other characters; a space may stand before them, and line ends after them
 *     5. white space up to line ends
 *     6. white space before text, without its last character
 *     7. white space
 *
 * QWEN2 differs in rule 3: each digit is a piece. GPT2 has small contractions only, letters, digits and
 * others each with at most one space before them, then rules 6 and 7. DEFAULT is what llama.cpp does for want
 * of better rules: runs of punctuation and $ + < = > ^ ~ | are pieces, and part the text for all other rules.
 * Then come GPT2's, but digits stand without a space, by threes.
 *
 * Letters, digits and white space are Unicode's. Bytes that are not UTF-8 are pieces of one byte. PCRE2 does
 * the matching. Sources: microsoft/BitNet gpu/tokenizer.py; ggml-org/llama.cpp src/llama-vocab.cpp.
 */
#pragma once

#include "kernels/support.h"

enum model_split {
    MODEL_SPLIT_LLAMA3,
    MODEL_SPLIT_QWEN2,
    MODEL_SPLIT_GPT2,
    MODEL_SPLIT_DEFAULT,
    MODEL_SPLITS
};

/* A row of pre.def. */
struct model_pre {
    const char *name;
    enum model_split split;
    bool bos, whole;
};
/* Row i of pre.def. NULL after the last. */
const struct model_pre *model_pre(size_t i);

struct model_splitter;

/*
 * QK_ERR_MEMORY, or QK_ERR_INTERNAL when PCRE2 refuses the pattern. Any number of threads may share one
 * splitter.
 */
int model_splitter_new(struct model_splitter **s, enum model_split split, struct qk_error *err);
void model_splitter_free(struct model_splitter *s); /* NULL is fine */

/* A walk over a text. Set text and size and zero the rest. Free it with model_walk_end. */
struct model_walk {
    const char *text;
    size_t size;
    size_t at;        /* where the next piece begins */
    size_t valid_end; /* up to here the text is known to be UTF-8 */
    void *match;      /* PCRE2's */
};
/*
 * Sets *piece to the next piece's bytes. Returns 1, 0 at the end of the text, or QK_ERR_MEMORY or
 * QK_ERR_INTERNAL.
 */
int model_walk_next(const struct model_splitter *s, struct model_walk *w, size_t *piece,
                    struct qk_error *err);
void model_walk_end(struct model_walk *w);
