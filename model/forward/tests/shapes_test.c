/* SPDX-License-Identifier: MIT */
/*
 * Compares a random model with the forward pass written out plainly in f64. Its sizes are multiples of
 * nothing that they need not be. The models of fixtures/ fill whole QK256 blocks and whole groups of 16 rows;
 * this one has tails of both.
 */
#include "kernels/f16.h"
#include "model/forward/compare_logits.h"
#include "model/forward/forward.h"
#include "model/gguf/i2s.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_builder.h"

enum {
    WIDTH = 384, /* a block and a half */
    FEED_FORWARD = 640,
    HEADS = 48,
    KV_HEADS = 3,
    HEAD = WIDTH / HEADS,
    KV = KV_HEADS * HEAD, /* 24 rows */
    LAYERS = 2,
    VOCAB = 37,
    TOKENS = 11,
};
#define EPSILON 1e-5f
#define BASE    700.0f

/* How the embedding, which is also the head, is written. */
static uint32_t head_type = MODEL_GGUF_TYPE_F16;
static const int32_t tokens[TOKENS] = {5, 0, 36, 5, 17, 31, 2, 2, 9, 20, 11};
static struct model_build file;
static struct model_gguf plain;
static struct model_weights weights;

static uint64_t round_up(uint64_t n)
{
    return (n + 31) / 32 * 32;
}

static void build_metadata(struct model_build *b)
{
    static const struct {
        const char *key;
        uint32_t value;
    } sizes[] = {{"context_length", 16},          {"embedding_length", WIDTH},
                 {"block_count", LAYERS},         {"feed_forward_length", FEED_FORWARD},
                 {"attention.head_count", HEADS}, {"attention.head_count_kv", KV_HEADS}};
    char key[80];
    model_build_key(b, "general.architecture", MODEL_GGUF_STRING);
    model_build_string(b, "bitnet-b1.58");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(key, sizeof key, "bitnet-b1.58.%s", sizes[i].key);
        model_build_key(b, key, MODEL_GGUF_U32);
        model_build_u32(b, sizes[i].value);
    }
    model_build_key(b, "bitnet-b1.58.attention.layer_norm_rms_epsilon", MODEL_GGUF_F32);
    model_build_f32(b, EPSILON);
    model_build_key(b, "bitnet-b1.58.rope.freq_base", MODEL_GGUF_F32);
    model_build_f32(b, BASE);
}

static void build_data(struct model_build *b, struct qk_rng *rng, uint32_t type, uint64_t elements)
{
    model_build_pad(b, 32);
    for (uint64_t i = 0; i < elements && type == MODEL_GGUF_TYPE_F32; i++)
        model_build_f32(b, 0.5f + qk_rng_unit(rng));
    for (uint64_t i = 0; i < elements / 4 && type == MODEL_GGUF_TYPE_I2_S; i++) {
        unsigned char byte = 0;
        for (int field = 0; field < 4; field++)
            byte = (unsigned char)(byte << 2 | qk_rng_below(rng, 3));
        model_build_bytes(b, &byte, 1);
    }
    if (type == MODEL_GGUF_TYPE_I2_S)
        model_build_i2s(b, 0, 0, 0.03f + 0.05f * qk_rng_unit(rng)); /* the tail alone */
}

static void build_head(struct model_build *b, struct qk_rng *rng)
{
    model_build_pad(b, 32);
    for (size_t i = 0; i < WIDTH * VOCAB; i++) {
        const float value = 2 * qk_rng_unit(rng) - 1;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        const uint16_t half =
            head_type == MODEL_GGUF_TYPE_F16 ? qk_f32_to_f16(value) : (uint16_t)(bits >> 16);
        if (head_type == MODEL_GGUF_TYPE_F32)
            model_build_f32(b, value);
        else
            model_build_bytes(b, &half, 2);
    }
}

static void build(struct model_build *b)
{
    static const struct {
        const char *name;
        uint32_t type;
        uint64_t ne0, ne1;
    } forms[] = {{"attn_norm", MODEL_GGUF_TYPE_F32, WIDTH, 1},
                 {"attn_sub_norm", MODEL_GGUF_TYPE_F32, WIDTH, 1},
                 {"ffn_norm", MODEL_GGUF_TYPE_F32, WIDTH, 1},
                 {"ffn_sub_norm", MODEL_GGUF_TYPE_F32, FEED_FORWARD, 1},
                 {"attn_q", MODEL_GGUF_TYPE_I2_S, WIDTH, WIDTH},
                 {"attn_k", MODEL_GGUF_TYPE_I2_S, WIDTH, KV},
                 {"attn_v", MODEL_GGUF_TYPE_I2_S, WIDTH, KV},
                 {"attn_output", MODEL_GGUF_TYPE_I2_S, WIDTH, WIDTH},
                 {"ffn_gate", MODEL_GGUF_TYPE_I2_S, WIDTH, FEED_FORWARD},
                 {"ffn_up", MODEL_GGUF_TYPE_I2_S, WIDTH, FEED_FORWARD},
                 {"ffn_down", MODEL_GGUF_TYPE_I2_S, FEED_FORWARD, WIDTH}};
    enum { FORMS = sizeof forms / sizeof *forms };
    struct qk_rng rng;
    uint64_t offset = 0;
    char name[64];
    qk_rng_seed(&rng, 20);
    model_build_header(b, LAYERS * FORMS + 2, 9);
    build_metadata(b);
    model_build_tensor(b, "token_embd.weight", 2, (uint64_t[4]){WIDTH, VOCAB}, head_type, offset);
    offset = round_up((head_type == MODEL_GGUF_TYPE_F32 ? 4 : 2) * WIDTH * VOCAB);
    for (size_t i = 0; i < (size_t)LAYERS * FORMS; i++) {
        const size_t f = i % FORMS;
        const uint64_t n = forms[f].ne0 * forms[f].ne1;
        snprintf(name, sizeof name, "blk.%zu.%s.weight", i / FORMS, forms[f].name);
        model_build_tensor(b, name, 2, (uint64_t[4]){forms[f].ne0, forms[f].ne1}, forms[f].type, offset);
        offset += round_up(forms[f].type == MODEL_GGUF_TYPE_I2_S ? n / 4 + 32 : 4 * n);
    }
    model_build_tensor(b, "output_norm.weight", 1, (uint64_t[4]){WIDTH}, MODEL_GGUF_TYPE_F32, offset);
    build_head(b, &rng);
    for (size_t i = 0; i < (size_t)LAYERS * FORMS; i++)
        build_data(b, &rng, forms[i % FORMS].type, forms[i % FORMS].ne0 * forms[i % FORMS].ne1);
    build_data(b, &rng, MODEL_GGUF_TYPE_F32, WIDTH);
}

static const struct model_gguf_tensor *tensor(int layer, const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "blk.%d.%s.weight", layer, name);
    return model_gguf_find_tensor(&plain, layer < 0 ? name : full);
}

static void plain_norm(double *to, const double *x, const struct model_gguf_tensor *t, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    for (size_t i = 0; i < n; i++) {
        float w;
        memcpy(&w, t->data + 4 * i, 4);
        to[i] = x[i] / sqrt(sum / (double)n + (double)EPSILON) * (double)w;
    }
}

static void plain_quantise(double *x, size_t n)
{
    double largest = 1e-5;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i]));
    for (size_t i = 0; i < n; i++)
        x[i] = nearbyint(x[i] * 127 / largest) * largest / 127;
}

static void plain_product(double *y, const double *x, int layer, const char *name)
{
    const struct model_gguf_tensor *t = tensor(layer, name);
    for (uint64_t r = 0; r < t->dims[1]; r++) {
        y[r] = 0;
        for (uint64_t c = 0; c < t->dims[0]; c++)
            y[r] += (double)model_i2s_value(t, r * t->dims[0] + c) * x[c];
    }
}

static void plain_rope(double *x, int heads, int position)
{
    for (int h = 0; h < heads; h++)
        for (int j = 0; j < HEAD / 2; j++) {
            const double angle = position * pow((double)BASE, -2.0 * j / HEAD);
            double *a = x + h * HEAD + j, *b = a + HEAD / 2;
            const double u = *a, v = *b;
            *a = u * cos(angle) - v * sin(angle);
            *b = u * sin(angle) + v * cos(angle);
        }
}

static double keys[LAYERS][TOKENS][KV], values[LAYERS][TOKENS][KV];

static void plain_attention(double *out, const double *q, int layer, int position)
{
    for (int h = 0; h < HEADS; h++) {
        const int from = h / (HEADS / KV_HEADS) * HEAD;
        double weight[TOKENS], total = 0;
        for (int p = 0; p <= position; p++) {
            double score = 0;
            for (int d = 0; d < HEAD; d++)
                score += q[h * HEAD + d] * keys[layer][p][from + d];
            total += weight[p] = exp(score / sqrt(HEAD));
        }
        for (int d = 0; d < HEAD; d++) {
            out[h * HEAD + d] = 0;
            for (int p = 0; p <= position; p++)
                out[h * HEAD + d] += weight[p] / total * values[layer][p][from + d];
        }
    }
}

static void plain_layer(double *x, int layer, int position, bool int8)
{
    double a[FEED_FORWARD], y[WIDTH], q[WIDTH], gate[FEED_FORWARD], up[FEED_FORWARD];
    plain_norm(a, x, tensor(layer, "attn_norm"), WIDTH);
    if (int8)
        plain_quantise(a, WIDTH);
    plain_product(q, a, layer, "attn_q");
    plain_product(keys[layer][position], a, layer, "attn_k");
    plain_product(values[layer][position], a, layer, "attn_v");
    plain_rope(q, HEADS, position);
    plain_rope(keys[layer][position], KV_HEADS, position);
    plain_attention(y, q, layer, position);
    plain_norm(a, y, tensor(layer, "attn_sub_norm"), WIDTH);
    if (int8)
        plain_quantise(a, WIDTH);
    plain_product(y, a, layer, "attn_output");
    for (int i = 0; i < WIDTH; i++)
        x[i] += y[i];
    plain_norm(a, x, tensor(layer, "ffn_norm"), WIDTH);
    if (int8)
        plain_quantise(a, WIDTH);
    plain_product(gate, a, layer, "ffn_gate");
    plain_product(up, a, layer, "ffn_up");
    for (int i = 0; i < FEED_FORWARD; i++)
        gate[i] = gate[i] > 0 ? gate[i] * gate[i] * up[i] : 0;
    plain_norm(a, gate, tensor(layer, "ffn_sub_norm"), FEED_FORWARD);
    if (int8)
        plain_quantise(a, FEED_FORWARD);
    plain_product(y, a, layer, "ffn_down");
    for (int i = 0; i < WIDTH; i++)
        x[i] += y[i];
}

static double embedding_of(int32_t token, int i)
{
    const size_t at = (size_t)token * WIDTH + (size_t)i;
    const unsigned char *data = tensor(-1, "token_embd.weight")->data;
    uint16_t half;
    uint32_t bits;
    float value;
    memcpy(&half, data + 2 * at, sizeof half);
    bits = (uint32_t)half << 16;
    memcpy(&value, head_type == MODEL_GGUF_TYPE_F32 ? data + 4 * at : (unsigned char *)&bits, sizeof value);
    return head_type == MODEL_GGUF_TYPE_F16 ? (double)qk_f16_to_f32(half) : (double)value;
}

static void plain_forward(float *logits, bool int8)
{
    for (int t = 0; t < TOKENS; t++) {
        double x[WIDTH], last[WIDTH];
        for (int i = 0; i < WIDTH; i++)
            x[i] = embedding_of(tokens[t], i);
        for (int layer = 0; layer < LAYERS; layer++)
            plain_layer(x, layer, t, int8);
        plain_norm(last, x, tensor(-1, "output_norm.weight"), WIDTH);
        for (int v = 0; v < VOCAB; v++) {
            double sum = 0;
            for (int i = 0; i < WIDTH; i++)
                sum += last[i] * embedding_of(v, i);
            logits[t * VOCAB + v] = (float)sum;
        }
    }
}

static void run(float *logits, const char *set, const struct model_options *options)
{
    struct qk_cpu cpu;
    struct qk_error err;
    struct model_kernels k;
    struct model_state *s = NULL;
    assert_int_equal(qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err), 0);
    if (model_kernels_parse(&k, qk_table_builtin(), set, MODEL_ACT_ANY, &cpu, &err) ||
        model_state_new(&s, &weights, &k, options, &err) ||
        model_forward(s, tokens, TOKENS, logits, MODEL_LOGITS_ALL, NULL, &err))
        fail_msg("%s: %s: %s", set, err.where, err.text);
    model_state_free(s);
}

UNIT_TEST(every_path_agrees_with_the_plain_pass)
{
    static const struct {
        const char *set;
        bool int8;
    } sets[] = {{"qk256_dequant/scalar", false}, {"qk256_dequant/*", false},
                {"qk256_gemv/scalar", false},    {"qk256_gemv/*", false},
                {"i2s_gemv/scalar", true},       {"i2s_gemv/*", true},
                {"i2s16_gem?/scalar", true},     {"best", true}};
    static float got[TOKENS * VOCAB], want[2][TOKENS * VOCAB];
    plain_forward(want[0], false);
    plain_forward(want[1], true);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        for (size_t threads = 1; threads <= 3; threads++)
            for (size_t batch = 1; batch <= TOKENS; batch += 5) {
                const struct model_options o = {.threads = threads, .batch = batch};
                struct model_logits_comparison c;
                run(got, sets[i].set, &o);
                model_compare_logits(got, want[sets[i].int8], TOKENS, VOCAB, NULL, &c);
                if (!(c.worst <= (sets[i].int8 ? 0.02 : 2e-4)))
                    fail_msg("%s, %zu threads, %zu a pass: relative rms %.2e at %zu", sets[i].set, threads,
                             batch, c.worst, c.worst_position);
                if (threads == 1 && batch == 1)
                    print_message("# %s: worst %.1e\n", sets[i].set, c.worst);
            }
}

UNIT_TEST(paths_of_one_arithmetic_give_the_same_bits)
{
    static const char *const sets[] = {"i2s_gemv/*", "i2s16_gem?/scalar", "i2s16_gem?/*"};
    static float got[TOKENS * VOCAB], want[TOKENS * VOCAB];
    const struct model_options one = {
        .threads = 1, .batch = 1, .kv_f16 = true, .head_input = MODEL_INPUT_F16};
    run(want, "i2s_gemv/scalar", &one);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        for (size_t threads = 1; threads <= 3; threads++)
            for (size_t batch = 1; batch <= TOKENS; batch += 3) {
                struct model_options o = one;
                o.threads = threads;
                o.batch = batch;
                run(got, sets[i], &o);
                assert_memory_equal(got, want, sizeof got);
            }
}

UNIT_FIXTURE(open_both)
{
    struct qk_error err;
    struct model_gguf g;
    build(&file);
    assert_works(model_gguf_parse(file.bytes, file.size, "odd", &g, &err) ||
                     model_weights_load(&weights, &g,
                                        MODEL_LAYOUT_I2S | MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_QK256, &err) ||
                     model_gguf_parse(file.bytes, file.size, "odd", &plain, &err),
                 err);
    return 0;
}

UNIT_FIXTURE(close_both)
{
    model_weights_free(&weights);
    model_gguf_close(&plain);
    free(file.bytes);
    return 0;
}

/* The two largest of each position by a certified head, whose logits have the bits of the full one. */
static void check_certified(const float *logits)
{
    struct qk_cpu cpu;
    struct qk_error err;
    struct model_kernels k;
    struct model_state *s = NULL;
    const struct model_options o = {.threads = 2, .head = MODEL_HEAD_CERTIFIED};
    assert_int_equal(qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err), 0);
    assert_works(model_head_copy_make(&weights, 2, NULL, &err) ||
                     model_kernels_parse(&k, qk_table_builtin(), "best", MODEL_ACT_ANY, &cpu, &err) ||
                     model_state_new(&s, &weights, &k, &o, &err),
                 err);
    for (size_t t = 0; t < TOKENS; t++) {
        const float *of = logits + t * VOCAB;
        struct model_top top;
        float most = -INFINITY, found = -INFINITY;
        assert_works(model_forward_top(s, &tokens[t], 1, 2, &top, NULL, &err), err);
        for (size_t v = 0; v < VOCAB; v++)
            most = fmaxf(most, of[v]);
        for (size_t i = 0; i < top.count; i++) {
            assert_memory_equal(&top.logit[i], &of[top.id[i]], sizeof *of);
            found = fmaxf(found, top.logit[i]);
        }
        assert_true(found == most);
    }
    assert_true(model_head_work(s)->rescored < TOKENS * VOCAB / 2);
    model_state_free(s);
}

UNIT_TEST(heads_of_every_type_agree)
{
    static const uint32_t types[] = {MODEL_GGUF_TYPE_F32, MODEL_GGUF_TYPE_BF16, MODEL_GGUF_TYPE_F16};
    static float got[TOKENS * VOCAB], want[TOKENS * VOCAB];
    const struct model_options one = {.threads = 1, .batch = 1}, three = {.threads = 3};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct model_logits_comparison c;
        close_both(NULL);
        head_type = types[i];
        file = (struct model_build){0};
        open_both(NULL);
        plain_forward(want, true);
        run(got, "best", &three);
        model_compare_logits(got, want, TOKENS, VOCAB, NULL, &c);
        assert_true(c.worst <= 0.02);
        run(want, "best", &one);
        assert_memory_equal(got, want, sizeof got);
        check_certified(got);
    }
}

UNIT_TESTS(shapes, open_both, close_both)
