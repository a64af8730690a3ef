/* SPDX-License-Identifier: MIT */
/* Every architecture with every type of matrices against the f64 logits of fixtures/reference.py. */
#include "model/forward/tests/forward_fixture.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdlib.h>
#include <string.h>

/* As fixtures/make.py has them. */
static const struct made {
    const char *name;
    const char *rule; /* of its architecture */
} models[] = {
    {"llama-i2_s", "int8"},
    {"llama-tq2_0", "int8"},
    {"bitnet-tq1_0", "int8"},
    {"bitnet-25-tq2_0", "int8"},
    {"bitnet-q2_0", "int8"},
    {"qwen3-q2_0", "q8_0"},
    {"qwen3-q2_0-128", "q8_0"},
    {"qwen3-pq2_0", "q8_0"},
    {"qwen3-i2_s", "q8_0"},
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

UNIT_TESTS(archs, NULL, NULL)
