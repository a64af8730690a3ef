/* SPDX-License-Identifier: MIT */
/*
 * Byte-level BPE from a model file: its vocabulary, its merges, and the split rules of llama-bpe.
 *
 * Text is split into pieces (pretokenize.h). Each byte of a piece becomes its printable stand-in (GPT-2's
 * table). A piece that is a vocabulary entry is that token. Any other piece is merged pair by pair, lowest
 * rank first, leftmost among equals. Text never gives special tokens (token_type 3, control) unless the
 * caller asks for them. Of several tokens with the same bytes the first is used, of several equal merges the
 * one with the lowest rank.
 */
#pragma once

#include "model/gguf/gguf.h"

struct model_tokenizer;

/*
 * Reads tokenizer.ggml.* of *g, which may be closed afterwards. QK_ERR_MEMORY. QK_ERR_FORMAT names the key
 * and, if there is one, the byte, for
 *
 *    - a model that is not "gpt2", or arrays of unequal length or wrong type;
 *    - a merge without one space, or whose halves or result are not in the vocabulary;
 *    - a special id outside the vocabulary, or a byte without a token.
 */
int model_tokenizer_open(struct model_tokenizer **t, const struct model_gguf *g, struct qk_error *err);
void model_tokenizer_close(struct model_tokenizer *t);

/* The token that begins a text. -1 when the file names none or says not to add it. */
int32_t model_tokenizer_bos(const struct model_tokenizer *t);
/* Does the token end generation? eos_token_id does, and a token named <|eot_id|> or <|end_of_text|>. */
bool model_tokenizer_stops(const struct model_tokenizer *t, int32_t id);
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
 * are not UTF-8 are kept: each is split off by itself, as a symbol would be. Time is O(n log n). On
 * QK_ERR_MEMORY the ids are as before.
 */
int model_tokenizer_encode(const struct model_tokenizer *t, const char *text, size_t size, bool special,
                           struct model_ids *ids, struct qk_error *err);

/*
 * The bytes that a token stands for: a view that lives as long as *t. A control token gives its name. {NULL,
 * 0} for an id out of range.
 */
struct model_gguf_string model_tokenizer_text(const struct model_tokenizer *t, int32_t id);

/*
 * One message in the form that the published model was trained on: begin_of_text once, "User: " text eot_id
 * "Assistant: ". Names of control tokens in `text` are plain text. QK_ERR_UNAVAILABLE when the vocabulary has
 * no <|eot_id|>.
 */
int model_tokenizer_chat(const struct model_tokenizer *t, const char *text, size_t size,
                         struct model_ids *ids, struct qk_error *err);
