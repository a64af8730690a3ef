/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target. The first byte chooses what follows it:
 *
 *    - Even: text for a fixed vocabulary. It must come back from its tokens byte by byte. With bit 1 set,
 *      names of control tokens become those tokens. Bits 2 and 3 choose one of four ways to split. Then it is
 *      a message, in the form that bits 4 to 6 choose.
 *    - Odd: a model file. Its vocabulary is read and, if it is a valid one, used.
 */
#include <stdlib.h>
#include <string.h>

#include "model/gguf/tests/gguf_builder.h"
#include "model/tokenizer/chat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct model_tokenizer *fixed(unsigned which)
{
    static const char *const pre[] = {"llama-bpe", "qwen2", "gpt-2", "default"};
    static struct model_tokenizer *made[4];
    if (made[which])
        return made[which];
    struct model_build b = {0};
    struct model_gguf g;
    model_build_vocabulary(&b, pre[which]);
    if (model_gguf_parse(b.bytes, b.size, "fixed", &g, NULL) || model_tokenizer_open(&made[which], &g, NULL))
        abort();
    model_gguf_close(&g);
    free(b.bytes);
    return made[which];
}

/* The message's bytes are those of its tokens, between what the form adds. */
static void say(const struct model_tokenizer *t, const char *text, size_t size, unsigned which)
{
    const struct model_chat_form *const form = model_chat_form(which);
    const struct model_chat_text message = {text, size};
    struct model_ids ids = {0};
    struct qk_error err = {0};
    size_t bytes = 0;
    const int code = model_tokenizer_chat(t, form, message, message, &ids, &err);
    for (size_t i = 0; i < ids.count; i++) {
        if (ids.id[i] < 0 || !model_tokenizer_text(t, ids.id[i]).length)
            abort();
        bytes += model_tokenizer_text(t, ids.id[i]).length;
    }
    if (code ? !err.text[0] || ids.count : form && !form->trimmed && bytes < 2 * size)
        abort();
    model_ids_free(&ids);
}

static void use(const struct model_tokenizer *t, const char *text, size_t size, bool special)
{
    struct model_ids ids = {0};
    size_t at = 0;
    if (model_tokenizer_encode(t, text, size, special, &ids, NULL))
        abort();
    for (size_t i = 0; i < ids.count; i++) {
        const struct model_gguf_string s = model_tokenizer_text(t, ids.id[i]);
        if (!s.length || s.length > size - at || memcmp(text + at, s.bytes, s.length) != 0)
            abort();
        at += s.length;
    }
    if (at != size)
        abort();
    model_ids_free(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "In the beginning\xff <|eot_id|> 1234\n\n  'S";
    struct model_gguf g;
    struct model_tokenizer *t;
    struct qk_error err = {0};
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0) {
        use(fixed(data[0] >> 2 & 3), (const char *)data + 1, size - 1, data[0] & 2);
        say(fixed(data[0] >> 2 & 3), (const char *)data + 1, size - 1, data[0] >> 4 & 7);
        return 0;
    }
    if (model_gguf_parse(data + 1, size - 1, "fuzz", &g, NULL))
        return 0;
    const int code = model_tokenizer_open(&t, &g, &err);
    model_gguf_close(&g);
    if (code) {
        if (t || !err.text[0])
            abort();
        return 0;
    }
    use(t, text, sizeof text - 1, true);
    use(t, text, sizeof text - 1, false);
    for (unsigned form = 0; form < 6; form++)
        say(t, text, sizeof text - 1, form);
    model_tokenizer_close(t);
    return 0;
}
