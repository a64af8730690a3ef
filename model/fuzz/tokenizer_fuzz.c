/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target. The first byte chooses what follows it:
 *
 *    - Even: text for a fixed vocabulary. It must come back from its tokens byte by byte. With bit 1 set,
 *      names of control tokens become those tokens.
 *    - Odd: a model file. Its vocabulary is read and, if it is a valid one, used.
 */
#include <stdlib.h>
#include <string.h>

#include "model/gguf/tests/gguf_builder.h"
#include "model/tokenizer/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct model_tokenizer *fixed(void)
{
    static struct model_tokenizer *t;
    if (t)
        return t;
    struct model_build b = {0};
    struct model_gguf g;
    model_build_vocabulary(&b);
    if (model_gguf_parse(b.bytes, b.size, "fixed", &g, NULL) || model_tokenizer_open(&t, &g, NULL))
        abort();
    model_gguf_close(&g);
    free(b.bytes);
    return t;
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
        use(fixed(), (const char *)data + 1, size - 1, data[0] & 2);
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
    model_tokenizer_close(t);
    return 0;
}
