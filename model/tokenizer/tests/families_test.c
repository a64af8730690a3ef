/* SPDX-License-Identifier: MIT */
/* What differs between families: split rules, special tokens, token types, and forms of messages. */
#include "model/tokenizer/chat.h"
#include "model/tokenizer/pretokenize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_builder.h"

enum { FIRST = 256, EXTRA = 16 }; /* the id behind the 256 bytes' tokens, and most tokens from there on */

struct extra {
    const char *name;
    unsigned type;
};

/* A vocabulary of the 256 stand-ins, `extra` tokens, and one merge, "a b". Keys that are NULL are absent. */
struct family {
    const char *model, *pre, *arch, *template;
    int bos, eos, eot, eom; /* behind the 256; 0: absent, or the token of that byte when negative */
    int add_bos;            /* -1: absent */
    uint32_t type_kind;     /* 0: i32 */
    struct extra extra[EXTRA];
};

static void text_key(struct model_build *b, const char *key, const char *text, unsigned *entries)
{
    if (!text)
        return;
    model_build_key(b, key, MODEL_GGUF_STRING);
    model_build_string(b, text);
    ++*entries;
}

static void id_key(struct model_build *b, const char *key, int id, unsigned *entries)
{
    if (!id)
        return;
    model_build_key(b, key, MODEL_GGUF_U32);
    model_build_u32(b, id < 0 ? (uint32_t)-id : (uint32_t)(FIRST + id - 1));
    ++*entries;
}

/* Little endian, of the kind's size. */
static void build_type(struct model_build *b, uint32_t kind, unsigned type)
{
    static const unsigned char sizes[] = {[MODEL_GGUF_U8] = 1,  [MODEL_GGUF_I8] = 1,  [MODEL_GGUF_U16] = 2,
                                          [MODEL_GGUF_I16] = 2, [MODEL_GGUF_U32] = 4, [MODEL_GGUF_I32] = 4,
                                          [MODEL_GGUF_F32] = 4, [MODEL_GGUF_U64] = 8, [MODEL_GGUF_I64] = 8};
    model_build_fill(b, (unsigned char)type, 1);
    model_build_fill(b, 0, sizes[kind] - 1u);
}

static unsigned build_entries(struct model_build *b, const struct family *f)
{
    unsigned entries = 3, tokens = FIRST + 1, extra = 0;
    const uint32_t kind = f->type_kind ? f->type_kind - 1 : MODEL_GGUF_I32;
    for (; extra < EXTRA && f->extra[extra].name; extra++)
        tokens++;
    text_key(b, "tokenizer.ggml.model", f->model ? f->model : "gpt2", &entries);
    text_key(b, "tokenizer.ggml.pre", f->pre, &entries);
    text_key(b, "general.architecture", f->arch, &entries);
    text_key(b, "tokenizer.chat_template", f->template, &entries);
    model_build_array(b, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, tokens);
    model_build_stand_ins(b);
    for (unsigned i = 0; i < extra; i++)
        model_build_string(b, f->extra[i].name);
    model_build_string(b, "ab");
    model_build_array(b, "tokenizer.ggml.token_type", kind, tokens);
    for (unsigned i = 0; i < tokens; i++)
        build_type(b, kind, i >= FIRST && i < FIRST + extra ? f->extra[i - FIRST].type : 1);
    model_build_array(b, "tokenizer.ggml.merges", MODEL_GGUF_STRING, 1);
    model_build_string(b, "a b");
    id_key(b, "tokenizer.ggml.bos_token_id", f->bos, &entries);
    id_key(b, "tokenizer.ggml.eos_token_id", f->eos, &entries);
    id_key(b, "tokenizer.ggml.eot_token_id", f->eot, &entries);
    id_key(b, "tokenizer.ggml.eom_token_id", f->eom, &entries);
    if (f->add_bos >= 0) {
        model_build_key(b, "tokenizer.ggml.add_bos_token", MODEL_GGUF_BOOL);
        model_build_fill(b, (unsigned char)f->add_bos, 1);
        entries++;
    }
    return entries;
}

static int try(const struct family *f, struct model_tokenizer **t, struct qk_error *err)
{
    struct model_build counted = {0}, b = {0};
    struct model_gguf g;
    const unsigned entries = build_entries(&counted, f);
    free(counted.bytes);
    model_build_header(&b, 0, entries);
    build_entries(&b, f);
    assert_works(model_gguf_parse(b.bytes, b.size, "built", &g, err), *err);
    const int code = model_tokenizer_open(t, &g, err);
    model_gguf_close(&g);
    free(b.bytes);
    return code;
}

static struct model_tokenizer *made(const struct family *f)
{
    struct model_tokenizer *t;
    struct qk_error err;
    assert_works(try(f, &t, &err), err);
    return t;
}

static void refused(const struct family *f, const char *text)
{
    struct model_tokenizer *t;
    struct qk_error err = {.text = ""};
    if (try(f, &t, &err) != QK_ERR_FORMAT || !strstr(err.text, text))
        fail_msg("\"%s\" at \"%s\"; \"%s\" expected", err.text, err.where, text);
    assert_null(t);
}

/* What the tokens stand for, a bar behind each; <N> for the one that is `extra` token N. */
static void expect_ids(const struct model_tokenizer *t, const struct model_ids *ids, const char *want)
{
    char got[600] = "";
    for (size_t i = 0; i < ids->count; i++) {
        const struct model_gguf_string s = model_tokenizer_text(t, ids->id[i]);
        snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s|", (int)s.length, s.bytes);
    }
    assert_string_equal(got, want);
}

static void expect(const struct model_tokenizer *t, const char *text, bool special, const char *want)
{
    struct model_ids ids = {0};
    struct qk_error err;
    assert_works(model_tokenizer_encode(t, text, strlen(text), special, &ids, &err), err);
    expect_ids(t, &ids, want);
    model_ids_free(&ids);
}

static void expect_pieces(enum model_split split, const char *text, const char *want)
{
    struct model_splitter *s;
    struct model_walk walk = {.text = text, .size = strlen(text)};
    struct qk_error err;
    char got[300] = "";
    size_t piece;
    assert_works(model_splitter_new(&s, split, &err), err);
    while (model_walk_next(s, &walk, &piece, &err) > 0)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s|", (int)piece, text + walk.at - piece);
    model_walk_end(&walk);
    model_splitter_free(s);
    assert_string_equal(got, want);
}

UNIT_TEST(each_family_splits_by_its_rules)
{
    static const char text[] = "It'S 12345  they're\tgone,\n\n x=1.";
    expect_pieces(MODEL_SPLIT_LLAMA3, text, "It|'S| |123|45| | they|'re|\tgone|,\n\n| x|=|1|.|");
    expect_pieces(MODEL_SPLIT_QWEN2, text, "It|'S| |1|2|3|4|5| | they|'re|\tgone|,\n\n| x|=|1|.|");
    expect_pieces(MODEL_SPLIT_GPT2, text, "It|'|S| 12345| | they|'re|\t|gone|,|\n\n| x|=|1|.|");
    expect_pieces(MODEL_SPLIT_DEFAULT, text, "It|'|S| |123|45| | they|'|re|\t|gone|,|\n\n| x|=|1|.|");
    /* Punctuation ends a fragment: blanks before it are one piece. $ + < = > ^ ~ | are punctuation too. */
    expect_pieces(MODEL_SPLIT_DEFAULT, "a  .  $+b `` \xe2\x82\xac", "a|  |.|  |$+|b| ``| \xe2\x82\xac|");
    expect_pieces(MODEL_SPLIT_GPT2, "a  .  $+b `` \xe2\x82\xac", "a| | .| | $+|b| ``| \xe2\x82\xac|");
    /* By threes are ASCII's digits; U+0663 is one of others. */
    expect_pieces(MODEL_SPLIT_DEFAULT,
                  "12\xd9\xa3"
                  "4567",
                  "12\xd9\xa3|456|7|");
    expect_pieces(MODEL_SPLIT_LLAMA3,
                  "12\xd9\xa3"
                  "4567",
                  "12\xd9\xa3|456|7|");
    expect_pieces(MODEL_SPLIT_DEFAULT, "x ", "x| |");
}

UNIT_TEST(the_file_names_the_rules)
{
    const struct model_pre *pre;
    bool said;
    for (size_t i = 0; (pre = model_pre(i)); i++) {
        struct model_tokenizer *t =
            made(&(struct family){.pre = pre->name, .add_bos = -1, .bos = 1, .extra = {{"<s>", 3}}});
        assert_string_equal(model_tokenizer_pre(t, &said), pre->name);
        assert_true(said);
        assert_int_equal(model_tokenizer_bos(t), pre->bos ? FIRST : -1);
        model_tokenizer_close(t);
    }
    static const struct {
        const char *arch, *pre;
    } silent[] = {
        {NULL, "llama-bpe"}, {"bitnet-b1.58", "llama-bpe"}, {"llama", "llama-bpe"}, {"qwen3", "qwen2"}};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        struct model_tokenizer *t = made(&(struct family){.arch = silent[i].arch, .add_bos = -1});
        assert_string_equal(model_tokenizer_pre(t, &said), silent[i].pre);
        assert_false(said);
        model_tokenizer_close(t);
    }
    refused(&(struct family){.pre = "gpt-4o"}, "tokenizer.ggml.pre is \"gpt-4o\", and the rules known");
    refused(&(struct family){.pre = "qwen35"}, "llama-bpe, llama3");
    refused(&(struct family){.pre = ""}, "tokenizer.ggml.pre is \"\"");
    refused(&(struct family){.model = "llama"}, "\"llama\", a SentencePiece vocabulary (SPM)");
    refused(&(struct family){.model = "bert"}, "WordPiece");
    refused(&(struct family){.model = "plamo2"}, "\"plamo2\"; \"gpt2\"");
}

/* "ba" is no merge, so that only rules under which a whole piece counts give it. */
UNIT_TEST(a_whole_piece_counts_where_the_rules_say_so)
{
    struct family f = {.pre = "llama-bpe", .add_bos = -1, .extra = {{"ba", 1}}};
    struct model_tokenizer *t = made(&f);
    expect(t, "ba ab", false, "ba| |ab|");
    model_tokenizer_close(t);
    f.pre = "qwen2";
    t = made(&f);
    expect(t, "ba ab", false, "b|a| |ab|");
    model_tokenizer_close(t);
}

UNIT_TEST(add_bos_token_overrides_the_rules)
{
    struct family f = {.pre = "qwen2", .add_bos = 1, .bos = 1, .extra = {{"<s>", 3}}};
    struct model_tokenizer *t = made(&f);
    assert_int_equal(model_tokenizer_bos(t), FIRST);
    model_tokenizer_close(t);
    f.pre = "falcon3";
    f.add_bos = 0;
    t = made(&f);
    assert_int_equal(model_tokenizer_bos(t), -1);
    model_tokenizer_close(t);
}

UNIT_TEST(turns_and_messages_end_too)
{
    struct model_tokenizer *t = made(&(struct family){.add_bos = -1,
                                                      .eos = 1,
                                                      .eot = -',',
                                                      .eom = 3,
                                                      .extra = {{"</s>", 3},
                                                                {"other", 3},
                                                                {"fin", 1},
                                                                {"<|im_end|>", 3},
                                                                {"<|endoftext|>", 1},
                                                                {"<|im_end|>", 3}}});
    static const int32_t ends[] = {FIRST, ',', FIRST + 2, FIRST + 3, FIRST + 4};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (!model_tokenizer_stops(t, i == 1 ? ',' : ends[i]))
            fail_msg("%d does not end", ends[i]);
    assert_false(model_tokenizer_stops(t, FIRST + 1) || model_tokenizer_stops(t, 'a') ||
                 model_tokenizer_stops(t, -1));
    /* the comma and "fin" stay text; what is known by name is a control token, whatever its type says */
    expect(t, "a,fin<|endoftext|>", false, "a|,|f|i|n|<|||e|n|d|o|f|t|e|x|t|||>|");
    expect(t, "a,<|endoftext|>", true, "a|,|<|endoftext|>|");
    model_tokenizer_close(t);
    refused(&(struct family){.eot = 9}, "tokenizer.ggml.eot_token_id\" is 264");
    refused(&(struct family){.eom = 9}, "tokenizer.ggml.eom_token_id\" is 264");
}

/* Falcon3 marks its one special token as normal. */
UNIT_TEST(a_bracketed_special_token_is_control)
{
    struct model_tokenizer *t = made(
        &(struct family){.add_bos = -1, .bos = 1, .eos = 2, .extra = {{"<s>", 1}, {"</s>", 1}, {"<b>", 1}}});
    expect(t, "<s></s><b>", true, "<s>|</s>|<|b|>|");
    expect(t, "<s>", false, "<|s|>|");
    assert_int_equal(model_tokenizer_named(t, "<b>"), -1);
    model_tokenizer_close(t);
}

UNIT_TEST(user_defined_tokens_match_in_plain_text)
{
    struct model_tokenizer *t = made(&(struct family){.add_bos = -1,
                                                      .extra = {{"<tool>", 4},
                                                                {"  ", 4},
                                                                {"b a", 4},
                                                                {"b ab", 4},
                                                                {"b a", 4},
                                                                {"\xc3\xa9", 4},
                                                                {"<|im_end|>", 4},
                                                                {"xyz", 5},
                                                                {"", 4}}});
    for (int special = 0; special < 2; special++) {
        expect(t, "ab<tool>ab", special, "ab|<tool>|ab|");
        expect(t, "a   b", special, "a|  | |b|");
        expect(t, "b abb ab a", special, "b ab|b ab| |a|");
        expect(t, "<tool", special, "<|t|o|o|l|");
        expect(t, "xyz", special, "xyz|");
    }
    /* its text is its name, not what the name would stand for as stand-ins */
    expect(t, "\xc3\xa9", false, "\xc3\xa9|");
    expect(t, "b a", false, "b a|");
    expect(t, "<|im_end|>", false, "<|||i|m|_|e|n|d|||>|");
    struct model_ids ids = {0};
    assert_int_equal(model_tokenizer_encode(t, "b a", 3, false, &ids, NULL), 0);
    assert_int_equal(ids.id[0], FIRST + 2); /* of two with one name the first */
    model_ids_free(&ids);
    model_tokenizer_close(t);
}

UNIT_TEST(token_types_are_integers_of_any_kind)
{
    static const uint32_t kinds[] = {MODEL_GGUF_U8,  MODEL_GGUF_I8,  MODEL_GGUF_U16, MODEL_GGUF_I16,
                                     MODEL_GGUF_U32, MODEL_GGUF_I32, MODEL_GGUF_U64, MODEL_GGUF_I64};
    struct family f = {.add_bos = -1, .extra = {{"<x>", 3}, {"<u>", 4}}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        f.type_kind = kinds[i] + 1;
        struct model_tokenizer *t = made(&f);
        expect(t, "<x><u>", true, "<x>|<u>|");
        expect(t, "<x><u>", false, "<|x|>|<u>|");
        model_tokenizer_close(t);
    }
    f.type_kind = MODEL_GGUF_F32 + 1;
    refused(&f, "tokenizer.ggml.token_type\" is of kind array of f32");
}

static void expect_chat(const struct family *f, const char *form, const char *system, const char *want)
{
    struct model_tokenizer *t = made(f);
    struct model_ids ids = {0};
    struct qk_error err;
    const struct model_chat_text first = {system, system ? strlen(system) : 0};
    const struct model_chat_text second = {" ab<|im_end|>\n", 14};
    assert_string_equal(model_chat_of(t) ? model_chat_of(t)->name : "none", form);
    assert_works(model_tokenizer_chat(t, NULL, first, second, &ids, &err), err);
    expect_ids(t, &ids, want);
    model_ids_free(&ids);
    model_tokenizer_close(t);
}

/* Letters are tokens of their own here, and so are the blanks and bars of what a message says. */
#define IM_END "<|||i|m|_|e|n|d|||>|"
UNIT_TEST(messages_take_the_family_s_form)
{
    const struct family bitnet = {.arch = "bitnet-b1.58",
                                  .bos = 1,
                                  .add_bos = 1,
                                  .extra = {{"<s>", 3}, {"<|eot_id|>", 3}},
                                  .template = "Human: {{ x }} BITNETAssistant:"};
    expect_chat(&bitnet, "bitnet", NULL, "<s>|U|s|e|r|:| |ab|" IM_END "<|eot_id|>|A|s|s|i|s|t|a|n|t|:| |");
    expect_chat(&bitnet, "bitnet", " b ",
                "<s>|S|y|s|t|e|m|:| |b|<|eot_id|>|U|s|e|r|:| |ab|" IM_END
                "<|eot_id|>|A|s|s|i|s|t|a|n|t|:| |");
    const struct family llama = {
        .bos = 1,
        .add_bos = 1,
        .template = "{{ '<|start_header_id|>' }}",
        .extra = {{"<s>", 3}, {"<|eot_id|>", 3}, {"<|start_header_id|>", 3}, {"<|end_header_id|>", 3}}};
    expect_chat(&llama, "llama-3", "b",
                "<s>|<|start_header_id|>|s|y|s|t|e|m|<|end_header_id|>|\n|\n|b|<|eot_id|>|<|start_header_id|>"
                "|u|s|e|r|"
                "<|end_header_id|>|\n|\n|ab|" IM_END
                "<|eot_id|>|<|start_header_id|>|a|s|s|i|s|t|a|n|t|<|end_header_id|>|\n|\n|");
    const struct family falcon = {.pre = "falcon3", .add_bos = -1};
    expect_chat(&falcon, "falcon3", NULL,
                "<|||u|s|e|r|||>|\n| |ab|" IM_END "\n|\n|<|||a|s|s|i|s|t|a|n|t|||>|\n|");
    const struct family chatml = {
        .pre = "qwen2", .add_bos = -1, .extra = {{"<|im_start|>", 3}, {"<|im_end|>", 3}}};
    expect_chat(&chatml, "chatml", NULL,
                "<|im_start|>|u|s|e|r|\n| |ab|" IM_END "\n|<|im_end|>|\n|<|im_start|>|a|s|s|i|s|t|a|n|t|\n|");
    const struct family edge = {.pre = "falcon_e", .add_bos = -1, .template = "<|im_start|>"};
    expect_chat(&edge, "falcon-e", "b",
                "s|y|s|t|e|m|b|\n|u|s|e|r| |ab|" IM_END "\n|\n|a|s|s|i|s|t|a|n|t|\n|");
}

UNIT_TEST(the_form_follows_from_the_file)
{
    static const struct {
        struct family f;
        const char *form;
    } cases[] = {{{.template = "<|user|> <|assistant|>"}, "falcon3"},
                 {{.template = "<|user|>"}, "none"},
                 {{.arch = "bitnet-25", .template = "<|im_start|>"}, "chatml"},
                 {{.arch = "bitnet-25"}, "bitnet"},
                 {{.arch = "llama", .pre = "falcon-h1"}, "falcon3"},
                 {{.extra = {{"<|start_header_id|>", 3}}}, "llama-3"},
                 {{.extra = {{"<|start_header_id|>", 1}}}, "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model_tokenizer *t = made(&cases[i].f);
        const struct model_chat_form *const form = model_chat_of(t);
        if (strcmp(form ? form->name : "none", cases[i].form) != 0)
            fail_msg("case %zu: %s, %s expected", i, form ? form->name : "none", cases[i].form);
        model_tokenizer_close(t);
    }
}

UNIT_TEST(a_form_that_cannot_be_is_refused)
{
    struct model_tokenizer *t = made(&(struct family){.add_bos = -1});
    const struct model_chat_text none = {NULL, 0}, text = {"ab", 2};
    struct model_ids ids = {0};
    struct qk_error err;
    assert_int_equal(model_tokenizer_chat(t, NULL, none, text, &ids, &err), QK_ERR_UNAVAILABLE);
    assert_says(err.text, "there are bitnet, llama-3, falcon3, chatml, falcon-e");
    assert_int_equal(model_tokenizer_chat(t, model_chat_named("chatml"), none, text, &ids, &err),
                     QK_ERR_UNAVAILABLE);
    assert_says(err.text, "the form chatml needs the token <|im_start|>");
    assert_int_equal(ids.count, 0);
    assert_null(model_chat_named("chatm"));
    model_tokenizer_close(t);
}

UNIT_TESTS(families, NULL, NULL)
