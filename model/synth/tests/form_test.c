/* SPDX-License-Identifier: MIT */
/*
 * synth:bitnet-2b has the form of the published file. The test makes only the header. Behind it lies as much
 * empty memory as the file has data, and each I2_S tensor there gets the scale that the parser asks for.
 */
#include "model/synth/synth.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xxhash.h>

enum { VOCAB = 128256, NORMAL = 128000, MERGES = 280147, LAYERS = 30 };

#define HEADER_HASH 0x7304070b12815290u
#define DATA_BYTES  ((size_t)1179449920) /* of the published file's tensors */

static const struct {
    const char *name; /* with a layer's number when it has a %d */
    uint64_t dims[2];
    enum model_gguf_type type;
    size_t bytes;
} published[] = {
    {"token_embd.weight", {2560, 128256}, MODEL_GGUF_TYPE_F16, 656670720},
    {"blk.%d.attn_norm.weight", {2560, 1}, MODEL_GGUF_TYPE_F32, 10240},
    {"blk.%d.attn_sub_norm.weight", {2560, 1}, MODEL_GGUF_TYPE_F32, 10240},
    {"blk.%d.ffn_norm.weight", {2560, 1}, MODEL_GGUF_TYPE_F32, 10240},
    {"blk.%d.ffn_sub_norm.weight", {6912, 1}, MODEL_GGUF_TYPE_F32, 27648},
    {"blk.%d.attn_q.weight", {2560, 2560}, MODEL_GGUF_TYPE_I2_S, 1638432},
    {"blk.%d.attn_k.weight", {2560, 640}, MODEL_GGUF_TYPE_I2_S, 409632},
    {"blk.%d.attn_v.weight", {2560, 640}, MODEL_GGUF_TYPE_I2_S, 409632},
    {"blk.%d.attn_output.weight", {2560, 2560}, MODEL_GGUF_TYPE_I2_S, 1638432},
    {"blk.%d.ffn_gate.weight", {2560, 6912}, MODEL_GGUF_TYPE_I2_S, 4423712},
    {"blk.%d.ffn_up.weight", {2560, 6912}, MODEL_GGUF_TYPE_I2_S, 4423712},
    {"blk.%d.ffn_down.weight", {6912, 2560}, MODEL_GGUF_TYPE_I2_S, 4423712},
    {"output_norm.weight", {2560, 1}, MODEL_GGUF_TYPE_F32, 10240},
};
enum { LAST = sizeof published / sizeof *published - 1, TENSORS = 2 + LAYERS * (LAST - 1) };

static size_t row_of(size_t tensor)
{
    return tensor == 0 ? 0 : tensor == TENSORS - 1 ? LAST : 1 + (tensor - 1) % (LAST - 1);
}

struct header {
    unsigned char *file; /* mapped, file_bytes */
    size_t file_bytes, bytes, taken, failures;
    struct model_gguf g;
};

static int take_header(void *ctx, const void *bytes, size_t n, struct qk_error *err)
{
    struct header *h = ctx;
    const size_t left = h->bytes - h->taken, part = n < left ? n : left;
    memcpy(h->file + h->taken, bytes, part);
    h->taken += part;
    if (part == n)
        return 0;
    h->failures++;
    return qk_fail(err, QK_ERR_INTERRUPTED, "here", "enough");
}

static int open_header(void **state)
{
    static struct header h;
    struct qk_error err;
    uint64_t size;
    assert_int_equal(model_synth_size("bitnet-2b", MODEL_SYNTH_SEED, &size, &err), 0);
    h.file_bytes = (size_t)size;
    h.bytes = h.file_bytes - DATA_BYTES;
    h.file =
        mmap(NULL, h.file_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(h.file != MAP_FAILED);
    assert_int_equal(model_synth_write("bitnet-2b", MODEL_SYNTH_SEED, take_header, &h, &err),
                     QK_ERR_INTERRUPTED);
    assert_string_equal(err.text, "enough");
    for (size_t i = 0, at = h.bytes; i < TENSORS; at += published[row_of(i++)].bytes)
        if (published[row_of(i)].type == MODEL_GGUF_TYPE_I2_S)
            memcpy(h.file + at + published[row_of(i)].bytes - 32, &(float){1}, 4);
    assert_works(model_gguf_parse(h.file, h.file_bytes, "header", &h.g, &err), err);
    *state = &h;
    return 0;
}

static int close_header(void **state)
{
    struct header *h = *state;
    model_gguf_close(&h->g);
    munmap(h->file, h->file_bytes);
    return 0;
}

UNIT_TEST(a_failing_sink_is_called_no_more)
{
    const struct header *h = *state;
    assert_int_equal(h->taken, h->bytes);
    assert_int_equal(h->failures, 1);
}

UNIT_TEST(header_is_the_same_everywhere)
{
    const struct header *h = *state;
    assert_int_equal(h->g.data_offset, h->bytes);
    assert_int_equal(XXH3_64bits(h->file, h->bytes), HEADER_HASH);
}

UNIT_TEST(metadata_as_published)
{
    static const struct {
        const char *key;
        enum model_gguf_kind kind;
        uint64_t number; /* of an array: elements */
        const char *text;
        enum model_gguf_kind element;
    } expected[] = {
        {"general.architecture", MODEL_GGUF_STRING, 0, "bitnet-b1.58", 0},
        {"general.name", MODEL_GGUF_STRING, 0, "bitnet2b", 0},
        {"bitnet-b1.58.vocab_size", MODEL_GGUF_U32, VOCAB, NULL, 0},
        {"bitnet-b1.58.context_length", MODEL_GGUF_U32, 4096, NULL, 0},
        {"bitnet-b1.58.embedding_length", MODEL_GGUF_U32, 2560, NULL, 0},
        {"bitnet-b1.58.block_count", MODEL_GGUF_U32, LAYERS, NULL, 0},
        {"bitnet-b1.58.feed_forward_length", MODEL_GGUF_U32, 6912, NULL, 0},
        {"bitnet-b1.58.rope.dimension_count", MODEL_GGUF_U32, 128, NULL, 0},
        {"bitnet-b1.58.attention.head_count", MODEL_GGUF_U32, 20, NULL, 0},
        {"bitnet-b1.58.attention.head_count_kv", MODEL_GGUF_U32, 5, NULL, 0},
        {"tokenizer.ggml.add_bos_token", MODEL_GGUF_BOOL, 1, NULL, 0},
        {"bitnet-b1.58.attention.layer_norm_rms_epsilon", MODEL_GGUF_F32, 0x3727c5ac, NULL, 0}, /* 1e-5 */
        {"bitnet-b1.58.rope.freq_base", MODEL_GGUF_F32, 0x48f42400, NULL, 0},                   /* 500000 */
        {"general.file_type", MODEL_GGUF_U32, 40, NULL, 0},
        {"tokenizer.ggml.model", MODEL_GGUF_STRING, 0, "gpt2", 0},
        {"tokenizer.ggml.tokens", MODEL_GGUF_ARRAY, VOCAB, NULL, MODEL_GGUF_STRING},
        {"tokenizer.ggml.scores", MODEL_GGUF_ARRAY, VOCAB, NULL, MODEL_GGUF_F32},
        {"tokenizer.ggml.token_type", MODEL_GGUF_ARRAY, VOCAB, NULL, MODEL_GGUF_I32},
        {"tokenizer.ggml.merges", MODEL_GGUF_ARRAY, MERGES, NULL, MODEL_GGUF_STRING},
        {"tokenizer.ggml.bos_token_id", MODEL_GGUF_U32, 128000, NULL, 0},
        {"tokenizer.ggml.eos_token_id", MODEL_GGUF_U32, 128001, NULL, 0},
        {"tokenizer.ggml.padding_token_id", MODEL_GGUF_U32, 128001, NULL, 0},
        {"tokenizer.chat_template", MODEL_GGUF_STRING, 0, NULL, 0},
        {"general.quantization_version", MODEL_GGUF_U32, 2, NULL, 0},
    };
    const struct model_gguf *g = &((struct header *)*state)->g;
    assert_int_equal(g->version, 3);
    assert_int_equal(g->alignment, 32);
    assert_int_equal(g->entry_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < g->entry_count; i++) {
        const struct model_gguf_entry *e = &g->entries[i];
        char key[80];
        snprintf(key, sizeof key, "%.*s", (int)e->key.length, e->key.bytes);
        assert_string_equal(key, expected[i].key);
        assert_int_equal(e->value.kind, expected[i].kind);
        uint64_t number = 0;
        if (e->value.kind == MODEL_GGUF_ARRAY) {
            assert_int_equal(e->value.element, expected[i].element);
            number = e->value.count;
        } else if (e->value.kind != MODEL_GGUF_STRING) {
            for (size_t k = 0; k < e->value.size; k++)
                number |= (uint64_t)e->value.bytes[k] << 8 * k;
        }
        assert_int_equal(number, expected[i].number);
        if (expected[i].text) {
            struct model_gguf_string s;
            assert_true(model_gguf_value_string(&e->value, &s));
            assert_int_equal(s.length, strlen(expected[i].text));
            assert_memory_equal(s.bytes, expected[i].text, s.length);
        }
    }
}

UNIT_TEST(tensors_as_published)
{
    const struct model_gguf *g = &((struct header *)*state)->g;
    assert_int_equal(g->tensor_count, TENSORS);
    for (size_t i = 0; i < TENSORS; i++) {
        const struct model_gguf_tensor *t = &g->tensors[i];
        const size_t row = row_of(i);
        char name[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(name, sizeof name, published[row].name, (int)((i - 1) / (LAST - 1)));
#pragma GCC diagnostic pop
        assert_string_equal(t->name, name);
        assert_int_equal(t->type, published[row].type);
        assert_int_equal(t->n_dims, t->type == MODEL_GGUF_TYPE_F32 ? 1 : 2);
        assert_int_equal(t->dims[0], published[row].dims[0]);
        assert_int_equal(t->dims[1], published[row].dims[1]);
        assert_int_equal(t->size, published[row].bytes);
    }
}

/* Strings of an array, in order. */
static struct model_gguf_string *strings_of(const struct model_gguf *g, const char *key, size_t count)
{
    struct model_gguf_value v;
    assert_int_equal(model_gguf_get_array(g, key, MODEL_GGUF_STRING, &v, NULL), 0);
    assert_int_equal(v.count, count);
    struct model_gguf_string *s = malloc(count * sizeof *s);
    assert_non_null(s);
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        assert_true(model_gguf_next_string(&v, &at, &s[i]));
    return s;
}

static int by_bytes(const void *left, const void *right)
{
    const struct model_gguf_string *a = *(void *const *)left, *b = *(void *const *)right;
    const int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* Pointers to the strings, sorted; no two strings may be equal. */
static const struct model_gguf_string **sort_unique(const struct model_gguf_string *s, size_t count)
{
    const struct model_gguf_string **sorted = malloc(count * sizeof *sorted);
    assert_non_null(sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &s[i];
    qsort(sorted, count, sizeof *sorted, by_bytes);
    for (size_t i = 1; i < count; i++)
        if (by_bytes(&sorted[i - 1], &sorted[i]) == 0)
            fail_msg("\"%.*s\" is there twice", (int)sorted[i]->length, sorted[i]->bytes);
    return sorted;
}

static void assert_token(const struct model_gguf_string *token, size_t id, const char *text)
{
    assert_int_equal(token[id].length, strlen(text));
    assert_memory_equal(token[id].bytes, text, token[id].length);
}

UNIT_TEST(tokens_as_published)
{
    const struct model_gguf *g = &((struct header *)*state)->g;
    struct model_gguf_string *token = strings_of(g, "tokenizer.ggml.tokens", VOCAB);
    free(sort_unique(token, VOCAB));
    const struct model_gguf_value *scores = model_gguf_find(g, "tokenizer.ggml.scores"),
                                  *types = model_gguf_find(g, "tokenizer.ggml.token_type");
    for (size_t i = 0; i < VOCAB; i++) {
        int64_t type;
        double score;
        const struct model_gguf_value t = model_gguf_element(types, i), s = model_gguf_element(scores, i);
        assert_true(model_gguf_value_i64(&t, &type) && type == (i < NORMAL ? 1 : 3));
        assert_true(model_gguf_value_f64(&s, &score) && score == 0);
        assert_int_equal(i >= NORMAL, token[i].length > 4 && !memcmp(token[i].bytes, "<|", 2));
    }
    /* GPT-2's order: printable bytes, then the others from U+0100 on; a space is U+0120, 0xad is U+0143 */
    assert_token(token, 0, "!");
    assert_token(token, 93, "~");
    assert_token(token, 94, "\xc2\xa1");
    assert_token(token, 187, "\xc3\xbf");
    assert_token(token, 188, "\xc4\x80");
    assert_token(token, 220, "\xc4\xa0");
    assert_token(token, 255, "\xc5\x83");
    assert_token(token, 128000, "<|begin_of_text|>");
    assert_token(token, 128001, "<|end_of_text|>");
    assert_token(token, 128002, "<|reserved_special_token_0|>");
    assert_token(token, 128005, "<|reserved_special_token_3|>");
    assert_token(token, 128006, "<|start_header_id|>");
    assert_token(token, 128007, "<|end_header_id|>");
    assert_token(token, 128008, "<|reserved_special_token_4|>");
    assert_token(token, 128009, "<|eot_id|>");
    assert_token(token, 128010, "<|reserved_special_token_5|>");
    assert_token(token, 128255, "<|reserved_special_token_250|>");
    free(token);
}

/* The id of the token of these bytes. */
static size_t id_of(const struct model_gguf_string *token, const struct model_gguf_string **sorted,
                    const char *bytes, size_t length)
{
    const struct model_gguf_string s = {bytes, length}, *key = &s;
    const struct model_gguf_string **found = bsearch(&key, sorted, VOCAB, sizeof *sorted, by_bytes);
    if (!found)
        fail_msg("\"%.*s\" is no token", (int)length, bytes);
    return (size_t)(*found - token);
}

UNIT_TEST(merges_join_two_tokens_into_a_third)
{
    const struct model_gguf *g = &((struct header *)*state)->g;
    struct model_gguf_string *token = strings_of(g, "tokenizer.ggml.tokens", VOCAB),
                             *merge = strings_of(g, "tokenizer.ggml.merges", MERGES);
    const struct model_gguf_string **sorted = sort_unique(token, VOCAB);
    free(sort_unique(merge, MERGES));
    size_t made = 255;
    for (size_t i = 0; i < MERGES; i++) {
        const char *space = memchr(merge[i].bytes, ' ', merge[i].length);
        assert_non_null(space);
        const size_t left = (size_t)(space - merge[i].bytes), right = merge[i].length - left - 1;
        char whole[64];
        assert_true(left && right && left + right <= sizeof whole);
        assert_null(memchr(space + 1, ' ', right));
        memcpy(whole, merge[i].bytes, left);
        memcpy(whole + left, space + 1, right);
        const size_t id = id_of(token, sorted, whole, left + right);
        /* by the token they make, none left out, and of parts that have been made before */
        assert_true(id == made || id == made + 1);
        made = id;
        assert_true(id_of(token, sorted, whole, left) < id);
        assert_true(id_of(token, sorted, space + 1, right) < id);
    }
    assert_int_equal(made, NORMAL - 1);
    free(sorted);
    free(merge);
    free(token);
}

UNIT_TESTS(form, open_header, close_header)
