/* SPDX-License-Identifier: MIT */
/* The options of `qkbench model run`, and its text as it comes. */
#pragma once

#include "harness/cli/model/model.h"
#include "model/forward/sampler.h"

struct cli_model_run {
    struct cli_model_options model;
    const char *prompt;
    bool chat;
    struct model_sampling how;
    size_t max_tokens;
    size_t context; /* 0: the model's */
};
/* Loads, runs, prints. */
int cli_model_run_do(const struct cli_model_run *o, struct qk_error *err);

/*
 * Writes bytes to standard output as soon as they are whole characters. A token may end inside a character,
 * and a terminal shows garbage for half a character. Bytes that cannot become a character go out as they
 * are. Zero it.
 */
struct cli_text {
    unsigned char held[4];
    size_t count;
    bool any, line_ended;
};
void cli_text_put(struct cli_text *t, const char *bytes, size_t n);
/* Writes what is still held, and a line feed when the text did not end with one. */
void cli_text_end(struct cli_text *t);
