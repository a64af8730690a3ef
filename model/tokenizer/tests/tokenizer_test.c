/* SPDX-License-Identifier: MIT */
#include "model/tokenizer/chat.h"
#include "model/tokenizer/pretokenize.h"
#include "model/tokenizer/tokenizer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_builder.h"

static struct model_tokenizer *kjv;
static struct model_splitter *splitter;

static void encode(const struct model_tokenizer *t, const char *text, size_t size, bool special,
                   struct model_ids *ids)
{
    struct qk_error err;
    ids->count = 0;
    assert_works(model_tokenizer_encode(t, text, size, special, ids, &err), err);
}

static void expect_round_trip(const struct model_tokenizer *t, const char *text, size_t size)
{
    struct model_ids ids = {0};
    size_t at = 0;
    encode(t, text, size, false, &ids);
    for (size_t i = 0; i < ids.count; i++) {
        const struct model_gguf_string s = model_tokenizer_text(t, ids.id[i]);
        assert_true(s.length && at + s.length <= size && !memcmp(text + at, s.bytes, s.length));
        at += s.length;
    }
    assert_int_equal(at, size);
    model_ids_free(&ids);
}

static json_t *vectors(void)
{
    json_error_t error;
    json_t *root = json_load_file(MODEL_FIXTURES "/kjv.tokenizer_vectors.json", JSON_ALLOW_NUL, &error);
    if (!root)
        fail_msg("%s", error.text);
    return root;
}

UNIT_TEST(pieces_and_ids_are_those_of_others)
{
    json_t *root = vectors(), *vector;
    size_t i, k;
    struct model_ids ids = {0};
    struct qk_error err;
    json_array_foreach(json_object_get(root, "vectors"), i, vector)
    {
        const json_t *text = json_object_get(vector, "text"), *pieces = json_object_get(vector, "pieces"),
                     *want = json_object_get(vector, "ids");
        struct model_walk walk = {.text = json_string_value(text), .size = json_string_length(text)};
        size_t piece;
        for (k = 0; model_walk_next(splitter, &walk, &piece, &err) > 0; k++) {
            const json_t *expected = json_array_get(pieces, k);
            if (json_string_length(expected) != piece ||
                memcmp(walk.text + walk.at - piece, json_string_value(expected), piece) != 0)
                fail_msg("vector %zu, piece %zu: \"%.*s\", \"%s\" expected", i, k, (int)piece,
                         walk.text + walk.at - piece, json_string_value(expected));
        }
        model_walk_end(&walk);
        assert_int_equal(k, json_array_size(pieces));
        encode(kjv, walk.text, walk.size, false, &ids);
        assert_int_equal(ids.count, json_array_size(want));
        for (k = 0; k < ids.count; k++)
            assert_int_equal(ids.id[k], json_integer_value(json_array_get(want, k)));
        expect_round_trip(kjv, walk.text, walk.size);
    }
    assert_int_equal(i, 36);
    model_ids_free(&ids);
    json_decref(root);
}

/* U+180E was white space before Unicode 6.3 and is not now: a symbol. U+0085 and U+2003 are. */
UNIT_TEST(white_space_is_unicodes)
{
    static const struct {
        const char *text;
        size_t first;
    } pieces[] = {{" \xe1\xa0\x8e.a", 5},
                  {"\xe1\xa0\x8e\xe1\xa0\x8e a", 6},
                  {" \xc2\x85\xe2\x80\x83x", 3},
                  {"\xe2\x80\x83 .", 3},
                  {"  \xc2\x85", 4},
                  {" \x1c.", 3}};
    struct qk_error err;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct model_walk walk = {.text = pieces[i].text, .size = strlen(pieces[i].text)};
        size_t piece;
        assert_int_equal(model_walk_next(splitter, &walk, &piece, &err), 1);
        model_walk_end(&walk);
        if (piece != pieces[i].first)
            fail_msg("text %zu: a first piece of %zu bytes, %zu expected", i, piece, pieces[i].first);
    }
}

UNIT_TEST(any_bytes_come_back)
{
    char text[600];
    struct qk_rng rng;
    qk_rng_seed(&rng, 20260101);
    for (int i = 0; i < 3000; i++) {
        const size_t size = (size_t)qk_rng_below(&rng, sizeof text);
        const uint64_t kind = qk_rng_below(&rng, 3);
        qk_rng_bytes(&rng, text, size);
        for (size_t k = 0; k < size && kind;
             k++) /* few different characters: runs, and text beside bytes that are none */
            text[k] = kind == 1 ? " \n\ta1.'s"[(unsigned char)text[k] % 8]
                                : "\xc3\xa9\xff e\n\xe2\x82\xac"[(unsigned char)text[k] % 9];
        expect_round_trip(kjv, text, size);
    }
}

/* Long runs without a place to split: nothing is quadratic, and no stack runs out. */
UNIT_TEST(long_runs_are_split)
{
    enum { SIZE = 100000 };
    static const char fill[] = "a \n1.\xff";
    char *text = malloc(SIZE);
    for (size_t i = 0; i + 1 < sizeof fill; i++) {
        memset(text, fill[i], SIZE);
        expect_round_trip(kjv, text, SIZE);
        text[SIZE - 1] = 'b';
        expect_round_trip(kjv, text, SIZE);
    }
    free(text);
}

UNIT_TEST(special_names_are_text_unless_allowed)
{
    static const char text[] = "a<|eot_id|>b<|eot_id|";
    struct model_ids ids = {0};
    const int32_t eot = model_tokenizer_named(kjv, "<|eot_id|>");
    assert_int_equal(eot, 2041);
    encode(kjv, text, sizeof text - 1, false, &ids);
    for (size_t i = 0; i < ids.count; i++)
        assert_true(ids.id[i] < 2032);
    encode(kjv, text, sizeof text - 1, true, &ids);
    size_t found = 0;
    for (size_t i = 0; i < ids.count; i++)
        found += ids.id[i] == eot;
    assert_int_equal(found, 1);
    assert_int_equal(model_tokenizer_bos(kjv), 2032);
    assert_true(model_tokenizer_stops(kjv, 2033) && model_tokenizer_stops(kjv, eot));
    assert_false(model_tokenizer_stops(kjv, 5) || model_tokenizer_stops(kjv, -1));
    assert_null(model_tokenizer_text(kjv, -1).bytes);
    assert_null(model_tokenizer_text(kjv, 2048).bytes);
    assert_int_equal(model_tokenizer_named(kjv, "<|no|>"), -1);
    model_ids_free(&ids);
}

UNIT_TEST(a_chat_is_one_message)
{
    struct model_ids ids = {0}, user = {0}, text = {0}, assistant = {0};
    struct qk_error err;
    encode(kjv, "User: ", 6, false, &user);
    encode(kjv, "Who art thou?", 13, false, &text);
    encode(kjv, "Assistant: ", 11, false, &assistant);
    assert_int_equal(model_tokenizer_chat(kjv, NULL, (struct model_chat_text){NULL, 0},
                                          (struct model_chat_text){" \nWho art thou?\t ", 17}, &ids, &err),
                     0);
    assert_int_equal(ids.count, 2 + user.count + text.count + assistant.count);
    assert_int_equal(ids.id[0], 2032);
    assert_memory_equal(ids.id + 1, user.id, user.count * sizeof *user.id);
    assert_memory_equal(ids.id + 1 + user.count, text.id, text.count * sizeof *text.id);
    assert_int_equal(ids.id[1 + user.count + text.count], 2041);
    assert_memory_equal(ids.id + 2 + user.count + text.count, assistant.id,
                        assistant.count * sizeof *assistant.id);
    model_ids_free(&ids), model_ids_free(&user), model_ids_free(&text), model_ids_free(&assistant);
}

/* A vocabulary of the 256 stand-ins and some more; what `damage` names is wrong. */
static int open_built(const char *damage, struct qk_error *err)
{
    struct model_build b = {0};
    struct model_gguf g;
    struct model_tokenizer *t;
    const bool is[] = {!strcmp(damage, "model"), !strcmp(damage, "byte"),    !strcmp(damage, "types"),
                       !strcmp(damage, "bos"),   !strcmp(damage, "missing"), !strcmp(damage, "scores")};
    const unsigned tokens = 263;
    model_build_header(&b, 0, is[4] ? 5 : 6);
    model_build_key(&b, "tokenizer.ggml.model", MODEL_GGUF_STRING);
    model_build_string(&b, is[0] ? "llama" : "gpt2");
    model_build_array(&b, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, tokens);
    if (is[1]) /* "!" and "zz" in place of the other 255 bytes' */
        for (int i = 0; i < 256; i++)
            model_build_string(&b, i ? "zz" : "!");
    else
        model_build_stand_ins(&b);
    model_build_string(&b, "ab");
    model_build_string(&b, "abc");
    model_build_string(&b, "ab");           /* there twice: the first counts */
    model_build_string(&b, "\xe4\xb8\xad"); /* no stand-in: never made from text */
    model_build_string(&b, "<s>");
    model_build_string(&b, "<s>ab");
    model_build_string(&b, "<s>"); /* there twice, as control tokens */
    model_build_array(&b, "tokenizer.ggml.token_type", MODEL_GGUF_I32, is[2] ? 3 : tokens);
    for (unsigned i = 0; i < (is[2] ? 3 : tokens); i++)
        model_build_u32(&b, i < 260 ? 1 : 3);
    model_build_array(&b, "tokenizer.ggml.scores", is[5] ? MODEL_GGUF_I32 : MODEL_GGUF_F32, tokens);
    for (unsigned i = 0; i < tokens; i++)
        model_build_u32(&b, 0);
    if (!is[4]) {
        const char *merges[] = {"a b", !strcmp(damage, "space")    ? "abc"
                                       : !strcmp(damage, "spaces") ? "a b c"
                                       : !strcmp(damage, "half")   ? "ab qq"
                                       : !strcmp(damage, "whole")  ? "ab d"
                                       : !strcmp(damage, "empty")  ? " c"
                                                                   : "ab c"};
        model_build_array(&b, "tokenizer.ggml.merges", MODEL_GGUF_STRING, 2);
        model_build_string(&b, merges[0]);
        model_build_string(&b, merges[1]);
    }
    model_build_key(&b, "tokenizer.ggml.bos_token_id", MODEL_GGUF_U32);
    model_build_u32(&b, is[3] ? tokens : 258);
    assert_int_equal(model_gguf_parse(b.bytes, b.size, "built", &g, err), 0);
    const int code = model_tokenizer_open(&t, &g, err);
    if (!code) {
        struct model_ids ids = {0};
        encode(t, "abcab", 5, false, &ids);
        assert_int_equal(ids.count, 2);
        assert_true(ids.id[0] == 257 && ids.id[1] == 256);
        encode(t, "\xe4\xb8\xad", 3, false, &ids);
        assert_int_equal(ids.count, 3);
        encode(t, "<s>ab<s>a", 9, true, &ids); /* the longest name first, then the lowest id */
        assert_int_equal(ids.count, 3);
        assert_true(ids.id[0] == 261 && ids.id[1] == 260 && ids.id[2] == 'a');
        assert_int_equal(model_tokenizer_bos(t), 258);
        model_ids_free(&ids);
    } else {
        assert_null(t);
    }
    model_tokenizer_close(t);
    model_gguf_close(&g);
    free(b.bytes);
    return code;
}

UNIT_TEST(damaged_vocabularies_are_named)
{
    static const struct {
        const char *damage, *text;
    } bad[] = {{"model", "\"llama\""},  {"byte", "byte 0x00"}, {"types", "has 3 entries"},
               {"bos", "263"},          {"missing", "merges"}, {"space", "merge 1"},
               {"spaces", "\"a b c\""}, {"half", "\"ab qq\""}, {"whole", "together are a token"},
               {"empty", "merge 1"},    {"scores", "scores"}};
    struct qk_error err;
    assert_int_equal(open_built("", &err), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (open_built(bad[i].damage, &err) != QK_ERR_FORMAT || !strstr(err.text, bad[i].text))
            fail_msg("%s: \"%s\" at \"%s\"", bad[i].damage, err.text, err.where);
}

UNIT_FIXTURE(open_all)
{
    struct model_gguf g;
    struct qk_error err;
    assert_int_equal(model_gguf_open(MODEL_FIXTURES "/kjv-bitnet-5m.i2_s.gguf", &g, &err), 0);
    assert_int_equal(model_tokenizer_open(&kjv, &g, &err), 0);
    model_gguf_close(&g); /* the tokenizer borrows nothing of it */
    return model_splitter_new(&splitter, MODEL_SPLIT_LLAMA3, &err);
}

UNIT_FIXTURE(close_all)
{
    model_tokenizer_close(kjv);
    model_splitter_free(splitter);
    return 0;
}

UNIT_TESTS(tokenizer, open_all, close_all)
