/* SPDX-License-Identifier: MIT */
/*
 * Text cut into pieces by the rules of llama-bpe. The first rule that matches counts:
 *   1. a contraction ('s 't 're 've 'm 'll 'd in either case)
 *   2. letters, with perhaps one character before them that is no letter, digit or line end
 *   3. one to three digits
 *   4. other characters, with perhaps a space before and line ends behind them
 *   5. white space up to line ends
 *   6. white space less its last character before text
 *   7. white space
 * Letters, digits and white space are Unicode's. Bytes that are not UTF-8 are pieces of one byte. Source:
 * microsoft/BitNet gpu/tokenizer.py. Matching is PCRE2's.
 */
#pragma once

#include "kernels/support.h"

struct model_splitter;

/*
 * QK_ERR_MEMORY, or QK_ERR_INTERNAL when PCRE2 refuses the pattern. One splitter serves any number of
 * threads.
 */
int model_splitter_new(struct model_splitter **s, struct qk_error *err);
void model_splitter_free(struct model_splitter *s); /* NULL is fine */

/* A walk over a text. Set text and size, zero the rest, and free it with model_walk_end. */
struct model_walk {
    const char *text;
    size_t size;
    size_t at;        /* where the next piece begins */
    size_t valid_end; /* up to here the text is known to be UTF-8 */
    void *match;      /* PCRE2's */
};
/*
 * The next piece's bytes into *piece. Returns 1, 0 at the end of the text, or QK_ERR_MEMORY, QK_ERR_INTERNAL.
 */
int model_walk_next(const struct model_splitter *s, struct model_walk *w, size_t *piece,
                    struct qk_error *err);
void model_walk_end(struct model_walk *w);
