/* SPDX-License-Identifier: MIT */
/* Files of `qkbench model check`: ids and reference logits. */
#ifndef QKBENCH_HARNESS_CLI_MODEL_TOKENS_H
#define QKBENCH_HARNESS_CLI_MODEL_TOKENS_H

#include "model/model.h"
#include "model/tokenizer.h"

/* Decimal ids between blanks, line ends or commas; at least one, all below the vocabulary, at most the context. ids->id is to be
 * freed. QK_ERR_IO, QK_ERR_FORMAT naming the byte, QK_ERR_MEMORY. */
int cli_read_tokens(const char *path, const struct model_config *c, struct model_ids *ids,
                    struct qk_error *err);
/* Exactly [tokens * vocab] f32, little endian, to be freed. The same errors. */
int cli_read_logits(const char *path, size_t tokens, size_t vocab, float **logits, struct qk_error *err);

#endif
