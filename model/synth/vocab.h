/* SPDX-License-Identifier: MIT */
/*
 * A byte-level BPE drawn from a seed. Its tokens and merges have the form and the number of a trained one.
 * The tokens are, in this order:
 *
 *     256           single bytes in GPT-2's order
 *     normal - 256  pieces that look like parts of words (letters by their frequency in English, half of
 *                   them after a space), numbers of up to three digits, runs of symbols and of blanks, and
 *                   characters of two bytes
 *     256           control tokens with the names and places that Llama 3 gives them
 *
 * Every part of a piece is a token too, so each way to cut a piece in two is a valid merge. Merges are listed
 * by the token they make, as converters list those of Llama 3.
 */
#pragma once

#include "model/gguf/writer.h"

enum {
    MODEL_SYNTH_SPECIAL = 256,
    MODEL_SYNTH_BOS = 0, /* of the control tokens: <|begin_of_text|> */
    MODEL_SYNTH_EOS = 1, /* <|end_of_text|> */
    MODEL_SYNTH_PIECE_MAX = 15,
};

/* Bytes after the length are zero. */
struct model_synth_piece {
    unsigned char length, bytes[MODEL_SYNTH_PIECE_MAX];
};

struct model_synth_vocab {
    size_t normal;                   /* tokens that are not control tokens; those follow */
    size_t merges;                   /* at least normal - 256 */
    size_t spare;                    /* ways to cut all pieces in two, not counting one for each piece */
    struct model_synth_piece *piece; /* owned, [normal] */
    uint16_t stand_in[256];          /* of each byte: the code point that GPT-2's table gives it */
};

/*
 * count is the number of all tokens, more than 512 and at most 2^20. merges is the number wanted. There are
 * fewer when the pieces cannot be cut in as many ways. QK_ERR_MEMORY. Free with model_synth_vocab_free.
 */
int model_synth_vocab_make(struct model_synth_vocab *v, size_t count, size_t merges, struct qk_rng *rng,
                           struct qk_error *err);
void model_synth_vocab_free(struct model_synth_vocab *v);

/* Write the elements of tokenizer.ggml.tokens, and those of tokenizer.ggml.merges. */
void model_synth_vocab_write_tokens(const struct model_synth_vocab *v, struct model_gguf_writer *w);
void model_synth_vocab_write_merges(const struct model_synth_vocab *v, struct model_gguf_writer *w);
