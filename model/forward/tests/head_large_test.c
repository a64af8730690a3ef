/* SPDX-License-Identifier: MIT */
/* 512 tokens by each way to sample: the model of the published size, and two layers with a peaked head. */
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/tests/forward_fixture.h"
#include "model/forward/tests/head_pairs.h"
#include "model/synth/synth.h"

static void generate(const char *preset)
{
    struct model_gguf g;
    struct model_weights w;
    struct qk_error err;
    assert_works(model_synth_open(preset, MODEL_SYNTH_SEED, &g, &err), err);
    assert_works(model_weights_load(&w, &g, MODEL_LAYOUT_I2S16, &err), err);
    assert_works(model_head_copy_make(&w, 2, NULL, &err), err);
    head_pairs_generate(&w, 512, 128000, 2);
    model_weights_free(&w);
}

UNIT_TEST(tokens_are_those_of_the_full_head)
{
    generate("bitnet-2b");
}

UNIT_TEST(tokens_of_a_peaked_head_too)
{
    generate("bitnet-2b/2,head=peaked");
}

UNIT_TESTS(head_large, NULL, NULL)
