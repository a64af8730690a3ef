/* SPDX-License-Identifier: MIT */
/* `qkbench model run`: what it was asked, and its text as it comes. */
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
 * Bytes to standard output as soon as they are whole characters. Tokens end anywhere, and a terminal shows
 * garbage for half a character. Bytes that cannot become one go out as they are. Zero it.
 */
struct cli_text {
    unsigned char held[4];
    size_t count;
    bool any, line_ended;
};
void cli_text_put(struct cli_text *t, const char *bytes, size_t n);
/* What is still held, and a line feed when there was text without one. */
void cli_text_end(struct cli_text *t);
