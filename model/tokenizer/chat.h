/* SPDX-License-Identifier: MIT */
/*
 * A message in the form that a family of models was trained on. chat.def lists the forms.
 *
 * The file says which one it is, in this order:
 *
 *     1. tokenizer.ggml.pre is falcon_e: falcon-e
 *     2. tokenizer.chat_template holds <|im_start|>, <|start_header_id|>, or <|user|> with <|assistant|>:
 *        chatml, llama-3, falcon3
 *     3. the architecture is bitnet-b1.58 or bitnet-25: bitnet, since the template that their converter
 *        writes is only a placeholder
 *     4. tokenizer.ggml.pre is falcon3 or falcon-h1: falcon3
 *     5. there is a control token <|im_start|>, or <|start_header_id|>: chatml, llama-3
 */
#pragma once

#include "model/tokenizer/tokenizer.h"

/* A row of chat.def. */
struct model_chat_form {
    const char *name;
    const char *system, *user, *end, *answer;
    bool trimmed, apart;
    const char *needs;
};
/* Row i of chat.def. NULL after the last. */
const struct model_chat_form *model_chat_form(size_t i);
/* The form of that name, or NULL. */
const struct model_chat_form *model_chat_named(const char *name);
/* The form that the file is made for, or NULL when nothing in it says so. */
const struct model_chat_form *model_chat_of(const struct model_tokenizer *t);

struct model_chat_text {
    const char *bytes; /* NULL: no such message */
    size_t size;
};

/*
 * Appends the ids of one message, after a system message if there is one: begin-of-text if the file wants it,
 * the messages, and the beginning of the answer. Names of control tokens in the messages are plain text. form
 * NULL: the file's own.
 *
 * QK_ERR_UNAVAILABLE when the file points to no form, or the vocabulary has not the token that the form
 * needs. On any error the ids are as before.
 */
int model_tokenizer_chat(const struct model_tokenizer *t, const struct model_chat_form *form,
                         struct model_chat_text system, struct model_chat_text user, struct model_ids *ids,
                         struct qk_error *err);
