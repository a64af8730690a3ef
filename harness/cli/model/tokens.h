/* SPDX-License-Identifier: MIT */
/* What `qkbench model check` reads (ids and reference logits), and what it says. */
#pragma once

#include "model/forward/compare_logits.h"
#include "model/forward/forward.h"
#include "model/tokenizer/tokenizer.h"

/*
 * Reads decimal ids between blanks, line ends or commas: at least one, at most the context, all below the
 * vocabulary. The caller frees ids->id. QK_ERR_IO, QK_ERR_FORMAT naming the byte, QK_ERR_MEMORY.
 */
int cli_read_tokens(const char *path, const struct model_config *c, struct model_ids *ids,
                    struct qk_error *err);
/* Reads exactly [tokens * vocab] f32, little endian, for the caller to free. The same errors. */
int cli_read_logits(const char *path, size_t tokens, size_t vocab, float **logits, struct qk_error *err);

/*
 * Prints each position and the whole. True when within the tolerance. For f32 every position must be within
 * it. For int8 all positions together must be, and none may be above 1.5 times it. The arg-max must also be
 * the same wherever the reference's top two are further apart than 0.3.
 */
bool cli_judge_logits(const struct model_logits_position *each, const struct model_logits_comparison *all,
                      bool int8, double tolerance);
