/* SPDX-License-Identifier: MIT */
/* A model that runs, with one thing wrong with it at a time. Each is an error that names what and where. */
#include "model/forward/forward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/forward/tests/config_file.h"

/* 0, or the code of the step that refused: parsing, or loading with every layout. */
static int load(const struct file *f, struct qk_error *err)
{
    struct model_build b = config_file_build(f);
    struct model_gguf g;
    struct model_weights w;
    struct model_pool *pool;
    assert_works(model_pool_new(&pool, 3, NULL, err), *err);
    *err = (struct qk_error){.text = ""};
    int code = model_gguf_parse(b.bytes, b.size, "built", &g, err);
    if (!code) {
        code = model_weights_load_by(&w, &g, MODEL_LAYOUT_I2S | MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_QK256, pool,
                                     err);
        if (!code) {
            assert_null(g.bytes);
            assert_int_equal(w.config.vocab, VOCAB);
            assert_int_equal(w.config.head_dim, 64);
            assert_string_equal(w.config.name, "built");
            assert_true(w.layer[1].matrix[MODEL_DOWN].columns == FEED_FORWARD &&
                        w.layer[1].matrix[MODEL_K].rows == KV);
            assert_true(w.layer[0].matrix[MODEL_Q].scale == 0.5f);
            assert_int_equal(
                model_bytes_per_token(&w.config),
                LAYERS *
                        ((2 * EMBEDDING * EMBEDDING + 2 * EMBEDDING * KV + 3 * EMBEDDING * FEED_FORWARD) / 4 +
                         4 * (3 * EMBEDDING + FEED_FORWARD)) +
                    2 * EMBEDDING * (VOCAB + 1) + 4 * EMBEDDING);
            model_weights_free(&w);
        } else {
            assert_null(w.layer);
        }
    }
    model_pool_free(pool);
    model_gguf_close(&g);
    free(b.bytes);
    return code;
}

UNIT_TEST(a_good_one_loads)
{
    struct qk_error err;
    struct file f = config_file_good();
    assert_works(load(&f, &err), err);
    f.vocabulary = VOCAB;
    assert_int_equal(load(&f, &err), 0);
}

static struct entry *entry(struct file *f, const char *key)
{
    for (size_t i = 0; i < f->entries; i++)
        if (strstr(f->entry[i].key, key))
            return &f->entry[i];
    fail_msg("no %s", key);
    return NULL;
}

static void expect(const struct file *f, int code, const char *what, const char *text)
{
    struct qk_error err;
    const int got = load(f, &err);
    if (got != code || !strstr(err.text, text))
        fail_msg("%s: %d, \"%s\" at \"%s\"; \"%s\" expected", what, got, err.text, err.where, text);
    if (!strstr(err.where, "built"))
        fail_msg("%s: the place is \"%s\"", what, err.where);
}

/* The same, and the place is that byte of the file. */
static void expect_at(const struct file *f, size_t byte, const char *what, const char *text)
{
    struct qk_error err;
    char where[64];
    expect(f, QK_ERR_FORMAT, what, text);
    load(f, &err);
    snprintf(where, sizeof where, "built: byte %zu", byte);
    if (strcmp(err.where, where) != 0)
        fail_msg("%s: the place is \"%s\", \"%s\" expected", what, err.where, where);
}

/* Where a tensor's data begins in the file that is built of *f, and where what the header says of it does. */
static void places(const struct file *f, size_t tensor, size_t *info, size_t *data)
{
    struct model_build b = config_file_build(f);
    struct model_gguf g;
    assert_int_equal(model_gguf_parse(b.bytes, b.size, "built", &g, NULL), 0);
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&g, f->tensor[tensor].name);
    *info = t->info_at;
    *data = (size_t)(t->data - b.bytes);
    model_gguf_close(&g);
    free(b.bytes);
}

UNIT_TEST(numbers_out_of_range_are_named)
{
    static const struct {
        const char *key;
        uint32_t number;
        const char *text;
    } bad[] = {{"block_count", 0, "block_count"},
               {"block_count", 3, "blk.2.attn_q.weight\" is missing"},
               {"block_count", MODEL_LAYERS_MAX + 1, "block_count"},
               {"block_count", UINT32_MAX, "block_count"},
               {"context_length", 0, "context_length"},
               {"context_length", UINT32_MAX, "context_length"},
               {"embedding_length", 0, "embedding_length"},
               {"embedding_length", 256, "rope.dimension_count"},
               {"embedding_length", 130, "multiples of 128"},
               {"feed_forward_length", 128, "blk.0.attn_"},
               {"feed_forward_length", 200, "multiples of 128"},
               {"head_count", 0, "head_count"},
               {"head_count", 3, "must be a multiple"},
               {"head_count", 128, "even"},
               {"head_count_kv", 0, "head_count_kv"},
               {"head_count_kv", 3, "must be a multiple"},
               {"head_count_kv", 2, "blk.0.attn_k.weight"},
               {"dimension_count", 32, "a head is 64 wide"},
               {"vocab_size", VOCAB + 1, "token_embd.weight has 8 rows"},
               {"vocab_size", 0, "vocab_size"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct file f = config_file_good();
        struct entry *e = entry(&f, bad[i].key);
        if (!strcmp(bad[i].key, "head_count"))
            e = entry(&f, "attention.head_count");
        e->number = bad[i].number;
        /* the key that is looked for contains others' names: head_count comes before head_count_kv */
        if (!strcmp(bad[i].key, "feed_forward_length") && bad[i].number == 128)
            expect(&f, QK_ERR_FORMAT, bad[i].key, "ffn_");
        else
            expect(&f, QK_ERR_FORMAT, bad[i].key, bad[i].text);
    }
}

UNIT_TEST(reals_out_of_range_are_named)
{
    const float bad[] = {NAN, INFINITY, -1e-5f, 0};
    for (int i = 0; i < 4; i++) {
        struct file f = config_file_good();
        entry(&f, "epsilon")->real = bad[i];
        expect(&f, QK_ERR_FORMAT, "epsilon", "layer_norm_rms_epsilon");
        f = config_file_good();
        entry(&f, "freq_base")->real = bad[i];
        expect(&f, QK_ERR_FORMAT, "freq_base", "rope.freq_base");
    }
}

UNIT_TEST(missing_keys_are_named)
{
    static const char *const optional[] = {"general.name", "vocab_size", "dimension_count", "freq_base"};
    for (size_t i = 0; i < config_file_good().entries; i++) {
        struct file f = config_file_good();
        const char *key = f.entry[i].key;
        struct qk_error err;
        bool may = false;
        f.entry[i] = f.entry[--f.entries];
        for (int k = 0; k < 4; k++)
            may |= strstr(key, optional[k]) != NULL;
        if (!may)
            expect(&f, QK_ERR_FORMAT, key, key);
        else if (strcmp(key, "general.name") != 0)
            assert_int_equal(load(&f, &err), 0);
    }
}

UNIT_TEST(tensors_are_there)
{
    for (size_t i = 0; i < config_file_good().tensors; i++) {
        struct file f = config_file_good();
        char text[128];
        snprintf(text, sizeof text, "tensor \"%s\" is missing", f.tensor[i].name);
        for (size_t k = i; k + 1 < f.tensors; k++)
            f.tensor[k] = f.tensor[k + 1];
        f.tensors--;
        expect(&f, QK_ERR_FORMAT, "missing", text);
    }
}

UNIT_TEST(their_types_and_shapes_are_right)
{
    for (size_t i = 0; i < config_file_good().tensors; i++) {
        struct file f = config_file_good();
        char text[128];
        size_t info, data;
        places(&f, i, &info, &data);
        /* the embedding alone may be F32, too */
        f.tensor[i].type = f.tensor[i].type == MODEL_GGUF_TYPE_F32 ? MODEL_GGUF_TYPE_F16
                           : i                                     ? MODEL_GGUF_TYPE_F32
                                                                   : MODEL_GGUF_TYPE_I2_S;
        snprintf(text, sizeof text, "tensor \"%s\" is of type %s", f.tensor[i].name, i ? "F" : "I2_S");
        expect_at(&f, info, "type", text);
        f = config_file_good();
        f.tensor[i].ne0 *= 2;
        snprintf(text, sizeof text, "tensor \"%s\" is %llux", f.tensor[i].name,
                 (unsigned long long)f.tensor[i].ne0);
        expect_at(&f, info, "width", text);
        f = config_file_good();
        f.tensor[i].ne2 = 2;
        expect_at(&f, info, "a third dimension", f.tensor[i].name);
        f = config_file_good();
        f.tensor[i].ne1 += 1;
        if (i == 0)
            expect(&f, QK_ERR_FORMAT, "height", "vocab_size is 8, and token_embd.weight has 9 rows");
        else
            expect_at(&f, info, "height", f.tensor[i].name);
    }
}

UNIT_TEST(their_data_makes_sense)
{
    for (size_t i = 0; i < config_file_good().tensors; i++) {
        const struct tensor t = config_file_good().tensor[i];
        struct file f = config_file_good();
        char text[128];
        size_t info, data;
        places(&f, i, &info, &data);
        if (t.type == MODEL_GGUF_TYPE_I2_S) {
            f.bad_code = i;
            snprintf(text, sizeof text, "element 0 of tensor \"%s\" has code 3", t.name);
            expect_at(&f, data, "code 3", text);
            f = config_file_good();
            f.bad_scale = i;
            snprintf(text, sizeof text, "scale of tensor \"%s\" is nan", t.name);
            expect_at(&f, data + config_file_bytes(&t) - 32, "scale", text);
        } else if (t.type == MODEL_GGUF_TYPE_F32) {
            f.bad_norm = i;
            snprintf(text, sizeof text, "element %d of tensor \"%s\" is -inf", (int)t.ne0 - 1, t.name);
            expect_at(&f, data + config_file_bytes(&t) - 4, "norm", text);
        }
    }
}

UNIT_TEST(a_head_of_its_own_is_read)
{
    struct file f = config_file_good();
    config_file_add(&f, "output.weight", MODEL_GGUF_TYPE_F16, EMBEDDING, VOCAB);
    assert_int_equal(load(&f, &(struct qk_error){.text = ""}), 0);
    f.tensor[f.tensors - 1].ne1++;
    expect(&f, QK_ERR_FORMAT, "untied head", "\"output.weight\" is 128x9x1x1, 128x8 expected");
}

UNIT_TEST(norms_are_those_of_the_architecture)
{
    static char keys[16][80];
    struct file f = config_file_good();
    for (size_t i = 2; i < f.entries; i++) {
        snprintf(keys[i], sizeof keys[i], "llama%s", strchr(f.entry[i].key, '.'));
        f.entry[i].key = keys[i];
    }
    f.entry[0].text = "llama";
    expect(&f, QK_ERR_FORMAT, "sub-norms in a llama", "_sub_norm.weight\" has no place");
}

UNIT_TEST(other_models_are_refused)
{
    struct file f = config_file_good();
    f.entry[0].text = "bitnet";
    expect(&f, QK_ERR_UNAVAILABLE, "bitnet", "SiLU");
    f.entry[0].text = "qwen35";
    expect(&f, QK_ERR_UNAVAILABLE, "qwen35", "delta nets");
    f.entry[0].text = "mamba";
    expect(&f, QK_ERR_UNAVAILABLE, "mamba", "\"mamba\" is not one of bitnet-b1.58, bitnet-25, llama");
    f = config_file_good();
    f.entry[f.entries++] =
        (struct entry){.key = "prism.hadamard.version", .kind = MODEL_GGUF_U32, .number = 1};
    expect(&f, QK_ERR_UNAVAILABLE, "rotated", "\"prism.hadamard.version\": a rotated basis");
    f = config_file_good();
    f.entry[f.entries++] =
        (struct entry){.key = "bitnet-25.expert_count", .kind = MODEL_GGUF_U32, .number = 8};
    expect(&f, QK_ERR_UNAVAILABLE, "experts", "\"bitnet-25.expert_count\" is 8: a mixture");
    static const struct {
        const char *name, *says;
    } tensors[] = {{"rope_freqs.weight", "\"rope_freqs.weight\": it divides the angles"},
                   {"blk.0.ffn_gate_inp.weight", "\"blk.0.ffn_gate_inp.weight\": it belongs to a mixture"},
                   {"blk.1.ffn_up_exps.weight", "mixture of experts"}};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        f = config_file_good();
        config_file_add(&f, tensors[i].name, MODEL_GGUF_TYPE_F32, EMBEDDING, 1);
        expect(&f, QK_ERR_UNAVAILABLE, tensors[i].name, tensors[i].says);
    }
    f = config_file_good();
    config_file_add(&f, "blk.2.attn_q.weight", MODEL_GGUF_TYPE_I2_S, EMBEDDING, EMBEDDING);
    expect(&f, QK_ERR_FORMAT, "a layer too many", "has no place");
    static const char *const odd[] = {"blk.01.attn_q.weight",
                                      "blk.+1.attn_q.weight",
                                      "blk. 1.attn_q.weight",
                                      "blk.1.attn_q.bias",
                                      "blk.1",
                                      "blk.4294967297.attn_q.weight"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        f = config_file_good();
        config_file_add(&f, odd[i], MODEL_GGUF_TYPE_I2_S, EMBEDDING, EMBEDDING);
        expect(&f, QK_ERR_FORMAT, odd[i], "has no place");
    }
    f = config_file_good();
    f.vocabulary = VOCAB - 1;
    expect(&f, QK_ERR_FORMAT, "vocabulary", "tokenizer.ggml.tokens has 7 entries");
}

/* Why a file cannot run: the reason that matters most to its reader comes first. */
UNIT_TEST(reasons_have_an_order)
{
    struct file f = config_file_good();
    f.entry[f.entries++] = (struct entry){.key = "split.count", .kind = MODEL_GGUF_U32, .number = 3};
    f.entry[f.entries++] = (struct entry){.key = "split.no", .kind = MODEL_GGUF_U32, .number = 1};
    f.entry[0].text = "mamba";
    expect(&f, QK_ERR_UNAVAILABLE, "a part before its architecture", "part 2 of 3 of a split model");
    f.entry[f.entries - 2].number = 1; /* a split into one is whole */
    expect(&f, QK_ERR_UNAVAILABLE, "architecture", "\"mamba\" is not one of");
    f = config_file_good();
    struct model_build b = config_file_build(&f);
    struct model_gguf g;
    struct model_config c;
    struct qk_error err;
    b.size -= 40; /* the last tensor's data */
    assert_works(model_gguf_parse_any(b.bytes, b.size, "built", &g, &err), err);
    assert_int_equal(model_config_read(&c, &g, &err), QK_ERR_FORMAT);
    assert_says(err.text, "the data section has");
    model_gguf_close(&g);
    free(b.bytes);
    f.entry[0].text = "mamba";
    b = config_file_build(&f);
    b.size -= 40;
    assert_works(model_gguf_parse_any(b.bytes, b.size, "built", &g, &err), err);
    assert_int_equal(model_config_read(&c, &g, &err), QK_ERR_UNAVAILABLE);
    assert_says(err.text, "mamba");
    model_gguf_close(&g);
    free(b.bytes);
}

UNIT_TESTS(config, NULL, NULL)
