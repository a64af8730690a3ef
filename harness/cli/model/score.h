/* SPDX-License-Identifier: MIT */
/*
 * How surprising a text is to a model. The tokens are cut into chunks that do not overlap. Each chunk starts
 * in an empty context, after a begin-of-text token, and all its tokens are scored. If the model has no such
 * token, the first token of each chunk is not scored.
 */
#pragma once

#include "harness/cli/model/model.h"

enum { CLI_SCORE_AT_ONCE = 64 }; /* tokens of one call, whose logits are kept */

/* The sums over all tokens scored so far. */
struct cli_score {
    double nats;
    size_t tokens, bytes, chunks;
};

/*
 * Scores ids in chunks of `context`, at most `chunks` of them (0: all), on a state of m. QK_ERR_INTERRUPTED.
 * QK_ERR_INVALID for logits that are not finite. Errors of model_forward.
 */
int cli_score(const struct cli_model *m, struct model_state *s, size_t context, size_t chunks,
              const struct model_ids *ids, struct cli_score *score, struct qk_error *err);
