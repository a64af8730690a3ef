/* SPDX-License-Identifier: MIT */
/* Which kind of tokenizer a file has, and by which rules it splits text. */
#include "model/tokenizer/private.h"

#include "model/gguf/cursor.h"

#include <stdio.h>
#include <string.h>

/* Which rules split the text, and whether a text has a beginning by them. */
static int read_pre(struct model_tokenizer *t, const struct model_gguf *g, struct qk_error *err)
{
    static const char key[] = "tokenizer.ggml.pre";
    struct model_gguf_string arch = {"", 0}, said;
    const struct model_gguf_value *const of = model_gguf_find(g, "general.architecture");
    char known[200] = "";
    if (of)
        model_gguf_value_string(of, &arch);
    said = arch.length == 5 && !memcmp(arch.bytes, "qwen3", 5) ? (struct model_gguf_string){"qwen2", 5}
                                                               : (struct model_gguf_string){"llama-bpe", 9};
    t->pre_said = model_gguf_find(g, key);
    const int code = t->pre_said ? model_gguf_get_string(g, key, &said, err) : 0;
    for (size_t i = 0; !code && (t->pre = model_pre(i)); i++) {
        if (said.length == strlen(t->pre->name) && !memcmp(said.bytes, t->pre->name, said.length))
            return 0;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", t->pre->name);
    }
    return code ? code
                : qk_fail(err, QK_ERR_FORMAT, g->name,
                          "%s is \"%s\", and the rules known for splitting text are %s", key,
                          model_gguf_show(said).text, known);
}

/* What other tokenizers are called. */
static const char *kind_of(const struct model_gguf_string *model)
{
    static const struct {
        const char *name, *what;
    } others[] = {{"llama", "a SentencePiece vocabulary (SPM)"},
                  {"bert", "a WordPiece vocabulary (WPM)"},
                  {"t5", "a unigram vocabulary (UGM)"},
                  {"rwkv", "a trie of RWKV"},
                  {"no_vocab", "no vocabulary at all"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (model->length == strlen(others[i].name) && !memcmp(model->bytes, others[i].name, model->length))
            return others[i].what;
    return NULL;
}

static int read_model(const struct model_gguf *g, struct qk_error *err)
{
    struct model_gguf_string model;
    const int code = model_gguf_get_string(g, "tokenizer.ggml.model", &model, err);
    if (code || (model.length == 4 && !memcmp(model.bytes, "gpt2", 4)))
        return code;
    const char *const what = kind_of(&model);
    return qk_fail(err, QK_ERR_FORMAT, g->name,
                   "tokenizer.ggml.model is \"%s\"%s%s; \"gpt2\" (byte-level BPE) expected",
                   model_gguf_show(model).text, what ? ", " : "", what ? what : "");
}

int model_rules_read(struct model_tokenizer *t, const struct model_gguf *g, struct qk_error *err)
{
    const int code = read_model(g, err);
    return code ? code : read_pre(t, g, err);
}
