/* SPDX-License-Identifier: MIT */
/*
 * A program that serves a model: it generates when it is told to, so that another program can take the time.
 * Orders and answers are lines of text.
 *
 * - "serves 1 vocab V": it says so once the model is loaded. 1 is the version of these lines.
 * - "step N": an order for N greedy tokens behind the last one that it generated.
 * - "step N FIRST": an order for N greedy tokens behind the token FIRST, which is at position 0.
 * - "ns T ids A B C ...": its answer has the tokens, and how long it took by its own clock.
 * - "error TEXT": its answer to an order that it does not understand.
 *
 * When its context is full it goes on at position 0. It ends when there are no more orders.
 */
#pragma once

#include "model/forward/forward.h"

enum { BENCH_SERVE_VERSION = 1, BENCH_SERVE_TOKENS_MOST = 65536, BENCH_SERVE_ORDER = 64 };

struct bench_serve_config {
    struct model_state *state;
    size_t vocab, context;
    int orders, answers; /* descriptors */
    bool (*stop)(void);  /* may be NULL */
};

/* Serves until orders end. QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_INTERRUPTED, and what the forward pass says. */
int bench_serve(const struct bench_serve_config *cfg, struct qk_error *err);

/* Takes a blank and a whole number up to `most` from *at. False when that is not what stands there. */
bool bench_serve_number(const char **at, uint64_t most, uint64_t *to);
