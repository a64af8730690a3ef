/* SPDX-License-Identifier: MIT */
/* The options of `qkbench model run`, and its text as it comes. */
#pragma once

#include "harness/cli/model/model.h"
#include "model/forward/sampler.h"
#include "model/tokenizer/chat.h"

struct cli_model_run {
    struct cli_model_options model;
    const char *prompt, *prompt_file; /* one of them */
    bool chat;
    const char *system;                 /* NULL: no such message */
    const struct model_chat_form *form; /* NULL: the file's own */
    struct model_sampling how;
    size_t max_tokens;
    size_t context; /* 0: the model's */
};
/* Loads, runs, prints. */
int cli_model_run_do(const struct cli_model_run *o, struct qk_error *err);

/* The bytes of the prompt, for the caller to free. Errors of cli_model_read. */
int cli_model_prompt(const struct cli_model_run *o, char **text, size_t *size, struct qk_error *err);
/*
 * Its ids, with --chat as a message, whose form stderr names. QK_ERR_ARG for no id at all. QK_ERR_FORMAT when
 * the model knows no messages. QK_ERR_MEMORY.
 */
int cli_model_prompt_ids(const struct cli_model_run *o, const struct model_tokenizer *t, const char *text,
                         size_t size, struct model_ids *ids, struct qk_error *err);

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
