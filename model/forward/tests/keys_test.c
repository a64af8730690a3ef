/* SPDX-License-Identifier: MIT */
/* What keys do to a model: applied, without effect, unknown, or refused by name. Angles of rope. */
#include "model/forward/forward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_builder.h"

/* A key of the namespace "llama", with the kind that the test wants it to have. */
struct key {
    const char *name;
    uint32_t kind;
    double number;
    const char *text;
};

static void build_key(struct model_build *b, const struct key *k)
{
    char name[100];
    const float single = (float)k->number;
    snprintf(name, sizeof name, "%s%s", strncmp(k->name, "prism.", 6) ? "llama." : "", k->name);
    model_build_key(b, name, k->kind);
    if (k->kind == MODEL_GGUF_STRING)
        model_build_string(b, k->text);
    else if (k->kind == MODEL_GGUF_F32)
        model_build_f32(b, single);
    else if (k->kind == MODEL_GGUF_F64)
        model_build_bytes(b, &k->number, sizeof k->number);
    else if (k->kind == MODEL_GGUF_BOOL || k->kind == MODEL_GGUF_U8)
        model_build_fill(b, (unsigned char)k->number, 1);
    else if (k->kind == MODEL_GGUF_I64)
        model_build_u64(b, (uint64_t)(int64_t)k->number);
    else
        model_build_u32(b, (uint32_t)k->number);
}

static struct model_build bytes;
static struct model_gguf g;
static const struct model_config base = {
    .arch = "llama", .context = 4096, .head_dim = 128, .rope = {.scaling = MODEL_ROPE_NONE}};

static void build(const struct key *keys, size_t count)
{
    bytes = (struct model_build){0};
    model_build_header(&bytes, 0, count);
    for (size_t i = 0; i < count; i++)
        build_key(&bytes, &keys[i]);
    assert_int_equal(model_gguf_parse(bytes.bytes, bytes.size, "built", &g, NULL), 0);
}

static void release(void)
{
    model_gguf_close(&g);
    free(bytes.bytes);
}

static void expect(const struct key *k, const struct model_config *c, int code, const char *text)
{
    struct qk_error err = {.text = ""};
    build(k, 1);
    const int got = model_keys_check(c, &g, &err);
    if (got != code || !strstr(err.text, text) || (code && !strstr(err.text, k->name)))
        fail_msg("%s = %g: %d, \"%s\"; \"%s\" expected", k->name, k->number, got, err.text, text);
    if (code && !strstr(err.where, "built: byte "))
        fail_msg("%s: the place is \"%s\"", k->name, err.where);
    release();
}

UNIT_TEST(what_would_change_the_result_is_refused_by_name)
{
    static const struct {
        struct key k;
        const char *text;
    } cases[] = {
        {{"logit_scale", MODEL_GGUF_F32, 0.5, NULL},
         "is 0.5: a factor on logits, not done here; 0 or 1 expected"},
        {{"residual_scale", MODEL_GGUF_F32, 2, NULL}, "\" is 2: "},
        {{"embedding_scale", MODEL_GGUF_F64, 12, NULL}, "\" is 12: "},
        {{"attn_logit_softcapping", MODEL_GGUF_F32, 50, NULL}, "; 0 expected"},
        {{"final_logit_softcapping", MODEL_GGUF_U32, 30, NULL}, "\" is 30: "},
        {{"attention.scale", MODEL_GGUF_F32, 0.1, NULL}, "0 or 0.08838835 expected"},
        {{"attention.sliding_window", MODEL_GGUF_U32, 4095, NULL}, "0 or at least the context of 4096"},
        {{"attention.sliding_window", MODEL_GGUF_I64, -1, NULL}, "\" is -1: "},
        {{"attention.causal", MODEL_GGUF_BOOL, 0, NULL}, "true expected"},
        {{"attention.causal", MODEL_GGUF_U32, 1, NULL}, "true expected"},
        {{"attention.clamp_kqv", MODEL_GGUF_F32, 8, NULL}, "\" is 8: "},
        {{"attention.max_alibi_bias", MODEL_GGUF_F32, 8, NULL}, "\" is 8: "},
        {{"pooling_type", MODEL_GGUF_U32, 1, NULL}, "\" is 1: "},
        {{"expert_count", MODEL_GGUF_U32, 8, NULL}, "mixture of experts"},
        {{"expert_used_count", MODEL_GGUF_U8, 2, NULL}, "mixture of experts"},
        {{"rope.dimension_sections", MODEL_GGUF_U32, 0, NULL}, "several axes, not done here"},
        {{"prism.hadamard.version", MODEL_GGUF_U32, 1, NULL}, "rotated basis"},
        {{"logit_scale", MODEL_GGUF_F32, NAN, NULL}, "nan: a factor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&cases[i].k, &base, QK_ERR_UNAVAILABLE, cases[i].text);
    expect(&(struct key){"logit_scale", MODEL_GGUF_STRING, 0, "1"}, &base, QK_ERR_FORMAT,
           "of kind string, a number expected");
}

UNIT_TEST(neutral_values_of_any_kind_are_fine)
{
    static const struct key fine[] = {{"logit_scale", MODEL_GGUF_F32, 0, NULL},
                                      {"logit_scale", MODEL_GGUF_U8, 1, NULL},
                                      {"residual_scale", MODEL_GGUF_F64, 1, NULL},
                                      {"attention.scale", MODEL_GGUF_F32, 0, NULL},
                                      {"attention.scale", MODEL_GGUF_F32, 0.08838834764831845, NULL},
                                      {"attention.sliding_window", MODEL_GGUF_U32, 0, NULL},
                                      {"attention.sliding_window", MODEL_GGUF_U32, 4096, NULL},
                                      {"attention.sliding_window_pattern", MODEL_GGUF_U32, 6, NULL},
                                      {"attention.causal", MODEL_GGUF_BOOL, 1, NULL},
                                      {"expert_count", MODEL_GGUF_I64, 0, NULL},
                                      {"expert_weights_scale", MODEL_GGUF_F32, 2.5, NULL},
                                      {"rope.scaling.finetuned", MODEL_GGUF_BOOL, 0, NULL},
                                      {"rope.scaling.yarn_beta_fast", MODEL_GGUF_F32, 8, NULL},
                                      {"whatever", MODEL_GGUF_STRING, 0, "x"}};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        expect(&fine[i], &base, 0, "");
}

UNIT_TEST(yarn_s_details_count_with_yarn_only)
{
    struct model_config yarn = base;
    yarn.rope.scaling = MODEL_ROPE_YARN;
    expect(&(struct key){"rope.scaling.yarn_beta_fast", MODEL_GGUF_F32, 8, NULL}, &yarn, QK_ERR_UNAVAILABLE,
           "32 expected");
    expect(&(struct key){"rope.scaling.yarn_ext_factor", MODEL_GGUF_F32, 0, NULL}, &yarn, QK_ERR_UNAVAILABLE,
           "1 or -1 expected");
    expect(&(struct key){"rope.scaling.yarn_beta_slow", MODEL_GGUF_F32, 1, NULL}, &yarn, 0, "");
    expect(&(struct key){"rope.scaling.yarn_log_multiplier", MODEL_GGUF_F32, 0, NULL}, &yarn, 0, "");
}

UNIT_TEST(each_key_says_what_it_does)
{
    static const struct {
        struct key k;
        enum model_key does;
    } cases[] = {{{"rope.freq_base", MODEL_GGUF_F32, 1, NULL}, MODEL_KEY_APPLIED},
                 {{"logit_scale", MODEL_GGUF_F32, 1, NULL}, MODEL_KEY_IDLE},
                 {{"expert_gating_func", MODEL_GGUF_U32, 1, NULL}, MODEL_KEY_IDLE},
                 {{"rope.freq_base_swa", MODEL_GGUF_F32, 1, NULL}, MODEL_KEY_UNKNOWN},
                 {{"rope.freq", MODEL_GGUF_F32, 1, NULL}, MODEL_KEY_UNKNOWN},
                 {{"prism.x", MODEL_GGUF_F32, 1, NULL}, MODEL_KEY_ELSEWHERE}};
    struct model_config other = base;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        build(&cases[i].k, 1);
        assert_int_equal(model_key_does(&base, &g.entries[0]), cases[i].does);
        other.arch = "lla";
        assert_int_equal(model_key_does(&other, &g.entries[0]), MODEL_KEY_ELSEWHERE);
        release();
    }
}

static int read_rope(const struct key *keys, size_t count, struct model_rope *r, struct qk_error *err)
{
    build(keys, count);
    const int code = model_rope_read(r, &base, &g, err);
    release();
    return code;
}

UNIT_TEST(rope_is_read_with_its_defaults)
{
    struct model_rope r;
    struct qk_error err;
    assert_works(read_rope(NULL, 0, &r, &err), err);
    assert_true(r.base == 10000 && r.scaling == MODEL_ROPE_NONE && r.factor == 1 && r.magnitude == 1);
    static const struct {
        struct key keys[3];
        size_t count;
        enum model_rope_scaling scaling;
        double factor, magnitude;
    } cases[] = {
        {{{"rope.scaling.factor", MODEL_GGUF_F32, 4, NULL}}, 1, MODEL_ROPE_LINEAR, 4, 1},
        {{{"rope.scale_linear", MODEL_GGUF_F32, 2, NULL}}, 1, MODEL_ROPE_LINEAR, 2, 1},
        {{{"rope.scale_linear", MODEL_GGUF_F32, 2, NULL}, {"rope.scaling.factor", MODEL_GGUF_U32, 3, NULL}},
         2,
         MODEL_ROPE_LINEAR,
         3,
         1},
        {{{"rope.scaling.type", MODEL_GGUF_STRING, 0, "none"},
          {"rope.scaling.factor", MODEL_GGUF_F32, 4, NULL}},
         2,
         MODEL_ROPE_NONE,
         4,
         1},
        {{{"rope.scaling.type", MODEL_GGUF_STRING, 0, "linear"},
          {"rope.scaling.factor", MODEL_GGUF_F32, 0, NULL}},
         2,
         MODEL_ROPE_NONE,
         1,
         1},
        {{{"rope.scaling.type", MODEL_GGUF_STRING, 0, "yarn"},
          {"rope.scaling.factor", MODEL_GGUF_F32, 4, NULL},
          {"rope.scaling.attn_factor", MODEL_GGUF_F32, 2, NULL}},
         3,
         MODEL_ROPE_YARN,
         4,
         2 * 1.138629436111989},
        {{{"rope.scaling.attn_factor", MODEL_GGUF_F32, 1.5, NULL}}, 1, MODEL_ROPE_NONE, 1, 1.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_works(read_rope(cases[i].keys, cases[i].count, &r, &err), err);
        if (r.scaling != cases[i].scaling || r.factor != cases[i].factor ||
            fabs(r.magnitude - cases[i].magnitude) > 1e-12)
            fail_msg("case %zu: %d, %g, %.15g", i, r.scaling, r.factor, r.magnitude);
    }
    assert_true(r.original == 4096);
}

UNIT_TEST(rope_s_bad_values_are_named)
{
    static const struct {
        struct key k;
        int code;
        const char *text;
    } cases[] = {
        {{"rope.scaling.type", MODEL_GGUF_STRING, 0, "longrope"}, QK_ERR_UNAVAILABLE, "none, linear or yarn"},
        {{"rope.scaling.type", MODEL_GGUF_U32, 1, NULL}, QK_ERR_FORMAT, "string expected"},
        {{"rope.scaling.factor", MODEL_GGUF_F32, -1, NULL}, QK_ERR_FORMAT, "is -1"},
        {{"rope.scaling.factor", MODEL_GGUF_F32, NAN, NULL}, QK_ERR_FORMAT, "nan"},
        {{"rope.scaling.factor", MODEL_GGUF_F32, 1e-9, NULL}, QK_ERR_FORMAT, "0 or 1e-06"},
        {{"rope.scaling.factor", MODEL_GGUF_STRING, 0, "4"}, QK_ERR_FORMAT, "f32 or f64"},
        {{"rope.scaling.attn_factor", MODEL_GGUF_F32, 0, NULL}, QK_ERR_FORMAT, "is 0"},
        {{"rope.scaling.original_context_length", MODEL_GGUF_U32, 0, NULL}, QK_ERR_FORMAT, "is 0"},
        {{"rope.freq_base", MODEL_GGUF_F32, 0, NULL}, QK_ERR_FORMAT, "is 0"},
        {{"rope.dimension_count", MODEL_GGUF_U32, 64, NULL}, QK_ERR_FORMAT, "a head is 128 wide"},
    };
    struct model_rope r;
    struct qk_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int code = read_rope(&cases[i].k, 1, &r, &err);
        if (code != cases[i].code || !strstr(err.text, cases[i].text) || !strstr(err.text, cases[i].k.name))
            fail_msg("%s: %d, \"%s\"", cases[i].k.name, code, err.text);
    }
    const struct key flat[] = {{"rope.scaling.type", MODEL_GGUF_STRING, 0, "yarn"},
                               {"rope.freq_base", MODEL_GGUF_F32, 1, NULL}};
    assert_int_equal(read_rope(flat, 2, &r, &err), QK_ERR_FORMAT);
    assert_says(err.text, "with yarn more than 1 expected");
    const struct key tiny[] = {{"rope.scaling.type", MODEL_GGUF_STRING, 0, "yarn"},
                               {"rope.scaling.factor", MODEL_GGUF_F32, 1e-5, NULL}};
    assert_int_equal(read_rope(tiny, 2, &r, &err), QK_ERR_FORMAT);
    assert_says(err.text, "magnitude");
}

/* As llama.cpp has it for a head of 128, base 1e6, 16384 positions, factor 4: the ramp is from 20 to 37. */
UNIT_TEST(frequencies_follow_the_scaling)
{
    struct model_rope r = {1e6, MODEL_ROPE_YARN, 4, 16384, 1};
    for (size_t j = 0; j < 64; j++) {
        const double plain = pow(1e6, -(double)j / 64), kept = j <= 20   ? 1
                                                               : j >= 37 ? 0
                                                                         : (37 - (double)j) / 17;
        const double want = plain * (kept + (1 - kept) / 4);
        if (fabs(model_rope_frequency(&r, 64, j) / want - 1) > 1e-12)
            fail_msg("pair %zu: %.17g, %.17g expected", j, model_rope_frequency(&r, 64, j), want);
    }
    r.scaling = MODEL_ROPE_LINEAR;
    assert_true(fabs(model_rope_frequency(&r, 64, 32) - 1e-3 / 4) < 1e-15);
    r.scaling = MODEL_ROPE_NONE;
    assert_true(fabs(model_rope_frequency(&r, 64, 32) - 1e-3) < 1e-15);
}

/* One for each layer, as some converters write them. */
UNIT_TEST(sizes_may_be_arrays_of_one_value)
{
    static const uint32_t values[][3] = {{7, 7, 7}, {7, 7, 8}, {0, 0, 0}, {70, 70, 70}};
    for (size_t i = 0; i < 4; i++) {
        struct qk_error err = {.text = ""};
        size_t to = 1;
        bytes = (struct model_build){0};
        model_build_header(&bytes, 0, 1);
        model_build_array(&bytes, "llama.attention.head_count_kv", MODEL_GGUF_U32, 3);
        for (int k = 0; k < 3; k++)
            model_build_u32(&bytes, values[i][k]);
        assert_int_equal(model_gguf_parse(bytes.bytes, bytes.size, "built", &g, &err), 0);
        const int code = model_key_size(&base, &g, "attention.head_count_kv", 64, &to, &err);
        assert_int_equal(code, i ? QK_ERR_FORMAT : 0);
        assert_int_equal(to, i ? 1 : 7);
        assert_says(err.text, i == 0 ? "" : i == 1 ? "the same integer for all layers" : "1 to 64 expected");
        release();
    }
}

UNIT_TESTS(keys, NULL, NULL)
