/* SPDX-License-Identifier: MIT */
#include "model/tokenizer/chat.h"

#include "model/tokenizer/private.h"

#include <stdio.h>
#include <string.h>

const struct model_chat_form *model_chat_form(size_t i)
{
    static const struct model_chat_form rows[] = {
#define CHAT(name, system, user, end, answer, trimmed, apart, needs)                                         \
    {name, system, user, end, answer, trimmed, apart, needs},
#include "model/tokenizer/chat.def"
#undef CHAT
    };
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

const struct model_chat_form *model_chat_named(const char *name)
{
    const struct model_chat_form *form;
    for (size_t i = 0; (form = model_chat_form(i)); i++)
        if (!strcmp(form->name, name))
            return form;
    return NULL;
}

const struct model_chat_form *model_chat_of(const struct model_tokenizer *t)
{
    return t->chat;
}

/* The string that the key holds, or an empty one. */
static struct model_gguf_string text_of(const struct model_gguf *g, const char *key)
{
    const struct model_gguf_value *v = model_gguf_find(g, key);
    struct model_gguf_string s = {"", 0};
    if (v)
        model_gguf_value_string(v, &s);
    return s;
}

static bool holds(const struct model_gguf_string *s, const char *what)
{
    return memmem(s->bytes, s->length, what, strlen(what)) != NULL;
}

static bool is(const struct model_gguf_string *s, const char *text)
{
    return s->length == strlen(text) && !memcmp(s->bytes, text, s->length);
}

static const char *form_of(const struct model_tokenizer *t, const struct model_gguf *g)
{
    const struct model_gguf_string template = text_of(g, "tokenizer.chat_template"),
                                   arch = text_of(g, "general.architecture");
    const char *const pre = t->pre->name;
    if (!strcmp(pre, "falcon_e"))
        return "falcon-e";
    if (holds(&template, "<|im_start|>"))
        return "chatml";
    if (holds(&template, "<|start_header_id|>"))
        return "llama-3";
    if (holds(&template, "<|user|>") && holds(&template, "<|assistant|>"))
        return "falcon3";
    if (is(&arch, "bitnet-b1.58") || is(&arch, "bitnet-25"))
        return "bitnet";
    if (!strcmp(pre, "falcon3") || !strcmp(pre, "falcon-h1"))
        return "falcon3";
    if (model_tokenizer_named(t, "<|im_start|>") >= 0)
        return "chatml";
    return model_tokenizer_named(t, "<|start_header_id|>") >= 0 ? "llama-3" : "";
}

const struct model_chat_form *model_chat_detect(const struct model_tokenizer *t, const struct model_gguf *g)
{
    return model_chat_named(form_of(t, g));
}

static bool is_blank(char c)
{
    return c && strchr(" \t\r\n\v\f", c);
}

static struct model_text trimmed(struct model_text text)
{
    while (text.size && is_blank(*text.bytes))
        text.bytes++, text.size--;
    while (text.size && is_blank(text.bytes[text.size - 1]))
        text.size--;
    return text;
}

static int refuse(const struct model_chat_form *form, struct qk_error *err)
{
    char names[120] = "";
    const struct model_chat_form *one;
    for (size_t i = 0; (one = model_chat_form(i)); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", one->name);
    if (form)
        return qk_fail(err, QK_ERR_UNAVAILABLE, "chat",
                       "the form %s needs the token %s, which is not in the vocabulary", form->name,
                       form->needs);
    return qk_fail(err, QK_ERR_UNAVAILABLE, "chat",
                   "the file does not say which form of messages it knows; there are %s", names);
}

int model_tokenizer_chat(const struct model_tokenizer *t, const struct model_chat_form *form,
                         struct model_chat_text system, struct model_chat_text user, struct model_ids *ids,
                         struct qk_error *err)
{
    struct model_text parts[7];
    const size_t before = ids->count;
    size_t count = 0;
    form = form ? form : t->chat;
    if (!form || (form->needs && model_tokenizer_named(t, form->needs) < 0))
        return refuse(form, err);
    for (int i = 0; i < 2; i++) {
        const struct model_chat_text message = i ? user : system;
        const struct model_text content = {message.bytes, message.size, false};
        const char *const head = i ? form->user : form->system;
        if (!message.bytes)
            continue;
        parts[count++] = (struct model_text){head, strlen(head), true};
        parts[count++] = form->trimmed ? trimmed(content) : content;
        parts[count++] = (struct model_text){form->end, strlen(form->end), true};
    }
    parts[count++] = (struct model_text){form->answer, strlen(form->answer), true};
    int code = t->bos >= 0 ? model_ids_append(ids, t->bos, err) : 0;
    for (size_t i = 0; i < count && form->apart && !code; i++)
        code = model_tokenizer_encode_parts(t, &parts[i], 1, ids, err);
    if (!code && !form->apart)
        code = model_tokenizer_encode_parts(t, parts, count, ids, err);
    if (code)
        ids->count = before;
    return code;
}
