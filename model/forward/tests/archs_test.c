/* SPDX-License-Identifier: MIT */
/* Every architecture with every type of matrices against the f64 logits of fixtures/reference.py. */
#include "model/forward/tests/forward_fixture.h"

#include "kernels/tests/cmocka_parts.h"

#include "model/synth/synth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As fixtures/make.py has them. */
static const struct made {
    const char *name;
    const char *rule; /* of its architecture */
} models[] = {
    {"llama-i2_s", "int8"},   {"rope-linear", "int8"},  {"rope-old-name", "int8"},
    {"rope-yarn", "int8"},    {"llama-tq2_0", "int8"},  {"bitnet-i2_s", "int8"},
    {"bitnet-tq1_0", "int8"}, {"bitnet-tq2_0", "int8"}, {"bitnet-25-tq2_0", "int8"},
    {"bitnet-q2_0", "int8"},  {"qwen3-q2_0", "q8_0"},   {"qwen3-q2_0-128", "q8_0"},
    {"qwen3-pq2_0", "q8_0"},  {"qwen3-i2_s", "q8_0"},
};
enum { MODELS = sizeof models / sizeof *models };

static struct model_logits_comparison compare(const struct fixture *f, enum model_act act, size_t step,
                                              const char *reference)
{
    const struct model_options o = {.threads = 2};
    const struct model_kernels k = fixture_kernels("best", act);
    struct model_logits_comparison c;
    float *got = fixture_logits(f, &k, &o, step), *want = fixture_reference(f, reference);
    model_compare_logits(got, want, f->count, f->weights.config.vocab, NULL, &c);
    free(got);
    free(want);
    return c;
}

UNIT_TEST(without_rounding_every_position_agrees)
{
    for (int i = 0; i < MODELS; i++) {
        struct fixture f;
        fixture_open_made(&f, models[i].name, MODEL_LAYOUT_QK256);
        for (size_t step = 0; step < 2; step++) {
            const struct model_logits_comparison c = compare(&f, MODEL_ACT_F32, step, "noactq");
            print_message("# %s: relative rms %.2e, worst %.2e at %zu\n", f.stem, c.relative_rms, c.worst,
                          c.worst_position);
            assert_true(c.worst <= 2e-4);
            assert_int_equal(c.agree, c.positions);
        }
        fixture_close(&f);
    }
}

/* 4 % over all, 6 % at any position, the same arg-max where it is no near-tie. */
UNIT_TEST(with_the_rule_of_its_architecture_it_is_within_bounds)
{
    for (int i = 0; i < MODELS; i++) {
        struct fixture f;
        fixture_open_made(&f, models[i].name, MODEL_LAYOUT_I2S16);
        for (size_t step = 0; step < 2; step++) {
            const struct model_logits_comparison c = compare(&f, MODEL_ACT_ANY, step, models[i].rule);
            print_message("# %s %s: relative rms %.2e, worst %.2e at %zu, %zu of %zu agree\n", f.stem,
                          models[i].rule, c.relative_rms, c.worst, c.worst_position, c.agree, c.positions);
            assert_true(c.relative_rms <= 0.04 && c.worst <= 0.06 && c.widest_disagreement <= 0.3);
        }
        fixture_close(&f);
    }
}

/* The same weights in four types: one scale each, so that all become what I2_S becomes. */
UNIT_TEST(equal_scales_of_groups_become_one)
{
    static const char *const others[] = {"bitnet-tq1_0", "bitnet-tq2_0", "bitnet-q2_0"};
    const struct model_options o = {.threads = 1};
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_INT8);
    const struct model_kernels direct = fixture_kernels("i2s_gemv/*", MODEL_ACT_INT8);
    struct fixture twin, f;
    fixture_open_made(&twin, "bitnet-i2_s", MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_I2S);
    float *want = fixture_logits(&twin, &direct, &o, 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        fixture_open_made(&f, others[i], MODEL_LAYOUT_I2S16);
        assert_int_equal(f.weights.scale_bytes, 0);
        assert_int_equal(f.weights.i2s16_bytes, twin.weights.i2s16_bytes);
        assert_memory_equal(f.weights.i2s16, twin.weights.i2s16, twin.weights.i2s16_bytes);
        assert_int_equal(model_bytes_per_token(&f.weights.config),
                         model_bytes_per_token(&twin.weights.config));
        float *got = fixture_logits(&f, &k, &o, 0);
        assert_memory_equal(got, want, f.count * f.weights.config.vocab * sizeof *got);
        free(got);
        fixture_close(&f);
    }
    free(want);
    fixture_close(&twin);
}

UNIT_TEST(what_only_i2_s_has_is_refused_of_others)
{
    const struct model_options o = {.threads = 1};
    const struct model_kernels k = fixture_kernels("i2s_gemv/*", MODEL_ACT_INT8);
    struct model_state *s;
    struct qk_error err;
    struct fixture f;
    fixture_open_made(&f, "bitnet-tq2_0", MODEL_LAYOUT_I2S | MODEL_LAYOUT_I2S16);
    assert_int_equal(model_state_new(&s, &f.weights, &k, &o, &err), QK_ERR_ARG);
    assert_says(err.text, "not loaded in the layout");
    fixture_close(&f);
}

UNIT_TEST(who_computes_a_row_decides_nothing)
{
    static const char *const names[] = {"llama-tq2_0", "qwen3-q2_0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
        const struct model_options one = {.threads = 1};
        struct fixture f;
        fixture_open_made(&f, names[i], MODEL_LAYOUT_I2S16);
        assert_true(f.weights.scale_bytes > 0);
        float *want = fixture_logits(&f, &k, &one, 1);
        for (size_t threads = 1; threads <= 3; threads++)
            for (size_t step = 0; step < 4; step++) {
                const struct model_options o = {.threads = threads};
                float *got = fixture_logits(&f, &k, &o, step);
                assert_memory_equal(got, want, f.count * f.weights.config.vocab * sizeof *got);
                free(got);
            }
        free(want);
        fixture_close(&f);
    }
}

UNIT_TEST(synthetic_models_of_every_type_run)
{
    static const char *const presets[] = {"tiny,matrices=TQ1_0,head=F32", "tiny,matrices=TQ2_0,head=BF16",
                                          "tiny,matrices=Q2_0,head=Q8_0", "tiny,matrices=PQ2_0,head=Q6_K",
                                          "tiny,head=Q2_0"};
    const struct model_options o = {.threads = 1};
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        static const int32_t tokens[] = {3, 200, 77};
        float logits[1024];
        struct model_gguf g;
        struct model_weights w;
        struct model_state *s;
        struct qk_error err;
        assert_works(model_synth_open(presets[i], 1, &g, &err), err);
        assert_works(model_weights_load(&w, &g, MODEL_LAYOUT_I2S16, &err), err);
        assert_works(model_state_new(&s, &w, &k, &o, &err), err);
        assert_works(model_forward(s, tokens, 3, logits, MODEL_LOGITS_LAST, NULL, &err), err);
        for (size_t v = 0; v < w.config.vocab; v++)
            assert_true(fabsf(logits[v]) < 1000);
        model_state_free(s);
        model_weights_free(&w);
    }
}

UNIT_TESTS(archs, NULL, NULL)
