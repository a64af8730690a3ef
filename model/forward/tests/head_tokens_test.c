/* SPDX-License-Identifier: MIT */
/* Tokens of the trained model by the certified head, and what the copy's own logits are worth. */
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/tests/forward_fixture.h"
#include "model/forward/tests/head_pairs.h"

#include <stdlib.h>

static struct fixture kjv;

UNIT_FIXTURE(open_model)
{
    struct qk_error err;
    fixture_open(&kjv, "kjv", MODEL_LAYOUT_I2S16);
    assert_works(model_head_copy_make(&kjv.weights, 2, &err), err);
    return 0;
}

UNIT_FIXTURE(close_model)
{
    fixture_close(&kjv);
    return 0;
}

UNIT_TEST(tokens_are_those_of_the_full_head)
{
    head_pairs_generate(&kjv.weights, kjv.weights.config.context, kjv.tokens[0], 1);
    head_pairs_generate(&kjv.weights, 6, kjv.tokens[1], 2);
}

/* 8 bits a weight and an activation: near, and not the same. */
UNIT_TEST(i8_is_near_and_not_exact)
{
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    struct model_options o = {.threads = 1};
    struct model_logits_comparison c;
    float *want = fixture_logits(&kjv, &k, &o, 0);
    o.head = MODEL_HEAD_CERTIFIED; /* whose logits are the full head's */
    float *same = fixture_logits(&kjv, &k, &o, 0);
    assert_memory_equal(same, want, kjv.count * kjv.weights.config.vocab * sizeof *want);
    o.head = MODEL_HEAD_I8;
    o.threads = 2;
    float *got = fixture_logits(&kjv, &k, &o, 0);
    model_compare_logits(got, want, kjv.count, kjv.weights.config.vocab, NULL, &c);
    print_message("# relative rms %.2e, worst %.2e\n", c.relative_rms, c.worst);
    assert_true(c.worst < 0.02 && c.relative_rms > 1e-6);
    free(want);
    free(same);
    free(got);
}

UNIT_TESTS(head_tokens, open_model, close_model)
