/* SPDX-License-Identifier: MIT */
/* What `qkbench model run` continues: a prompt or messages, as tokens. */
#include "harness/cli/model/text.h"
#include "model/tokenizer/chat.h"

#include <stdlib.h>
#include <string.h>

static int encode_text(const struct model_tokenizer *t, const char *text, size_t size, struct model_ids *ids,
                       struct qk_error *err)
{
    const int32_t bos = model_tokenizer_bos(t);
    int code = bos >= 0 ? model_ids_append(ids, bos, err) : 0;
    if (!code)
        code = model_tokenizer_encode(t, text, size, false, ids, err);
    if (!code && !ids->count)
        code = qk_fail(err, QK_ERR_ARG, "--prompt",
                       "the prompt is empty and the model has no begin-of-text token to start from");
    return code;
}

static int encode_message(const struct cli_model_run *o, const struct model_tokenizer *t, const char *text,
                          size_t size, struct model_ids *ids, struct qk_error *err)
{
    const struct model_chat_text system = {o->system, o->system ? strlen(o->system) : 0};
    const struct model_chat_form *const form = o->form ? o->form : model_chat_of(t);
    if (form)
        cli_say("qkbench: the message is in the form %s", form->name);
    const int code = model_tokenizer_chat(t, form, system, (struct model_chat_text){text, size}, ids, err);
    return code == QK_ERR_UNAVAILABLE ? QK_ERR_FORMAT : code;
}

int cli_model_prompt(const struct cli_model_run *o, char **text, size_t *size, struct qk_error *err)
{
    if (o->prompt_file)
        return cli_model_read(o->prompt_file, text, size, err);
    *size = strlen(o->prompt);
    *text = strdup(o->prompt);
    return *text ? 0 : qk_fail(err, QK_ERR_MEMORY, "--prompt", "no memory for %zu bytes", *size);
}

int cli_model_prompt_ids(const struct cli_model_run *o, const struct model_tokenizer *t, const char *text,
                         size_t size, struct model_ids *ids, struct qk_error *err)
{
    return o->chat ? encode_message(o, t, text, size, ids, err) : encode_text(t, text, size, ids, err);
}
