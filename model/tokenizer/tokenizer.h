/* SPDX-License-Identifier: MIT */
/*
 * Byte-level BPE from a model file: its vocabulary, its merges, and the split rules that the file names.
 *
 * User-defined tokens (token_type 4) are found in the text first: at each place the longest name counts. The
 * text between them is split into pieces (pretokenize.h). Each byte of a piece becomes its printable stand-in
 * (GPT-2's table). Where the rules say so (pre.def), a piece that is a vocabulary entry is that token. Any
 * other piece is merged pair by pair, lowest rank first, leftmost among equals. Text never gives control
 * tokens (token_type 3) unless the caller asks for them. Of several tokens with the same bytes the first is
 * used, of several equal merges the one with the lowest rank.
 *
 * A token is also a control token when its name is known to end a text, such as <|endoftext|>. So is one that
 * bos_token_id or a key like it names, when its name stands in angle brackets. Some published files mark them
 * as normal.
 */
#pragma once

#include "model/gguf/gguf.h"

struct model_tokenizer;

/*
 * Reads tokenizer.* of *g, which may be closed afterwards. QK_ERR_MEMORY. QK_ERR_FORMAT names the key and, if
 * there is one, the byte, for
 *
 *    - a model that is not "gpt2" (SentencePiece and others are named), or a pre that pre.def has not;
 *    - arrays of unequal length or wrong type; token types may be integers of any kind;
 *    - a merge without one space, or whose halves or result are not in the vocabulary;
 *    - a special id outside the vocabulary, or a byte without a token.
 */
int model_tokenizer_open(struct model_tokenizer **t, const struct model_gguf *g, struct qk_error *err);
void model_tokenizer_close(struct model_tokenizer *t);

/* The token that begins a text. -1 when the file names none or says not to add it. */
int32_t model_tokenizer_bos(const struct model_tokenizer *t);
/*
 * Does the token end generation? Those of eos_token_id, eot_token_id and eom_token_id do, and tokens with
 * names such as <|eot_id|>, <|im_end|> or <|endoftext|>.
 */
bool model_tokenizer_stops(const struct model_tokenizer *t, int32_t id);
/* The row of pre.def whose rules hold. *said: does the file name it? */
const char *model_tokenizer_pre(const struct model_tokenizer *t, bool *said);
/* The id of the control token with exactly this name ("<|eot_id|>"): the lowest of several, or -1. */
int32_t model_tokenizer_named(const struct model_tokenizer *t, const char *name);

/* A growing list of ids. Zero it before first use; free it with model_ids_free. */
struct model_ids {
    int32_t *id;
    size_t count, capacity;
};
int model_ids_append(struct model_ids *ids, int32_t id, struct qk_error *err);
void model_ids_free(struct model_ids *ids);

/*
 * Appends the ids of text[size], which may hold any bytes. With `special`, names of control tokens in the
 * text become those tokens, longest name first. Without it they are plain text. It adds no BOS. Bytes that
 * are not UTF-8 are kept: each is split off by itself, as a symbol would be. Time is O(n log n), and at each
 * place the length of the longest name that it begins with. On QK_ERR_MEMORY the ids are as before.
 */
int model_tokenizer_encode(const struct model_tokenizer *t, const char *text, size_t size, bool special,
                           struct model_ids *ids, struct qk_error *err);

/*
 * The bytes that a token stands for: a view that lives as long as *t. A control token gives its name. {NULL,
 * 0} for an id out of range.
 */
struct model_gguf_string model_tokenizer_text(const struct model_tokenizer *t, int32_t id);
