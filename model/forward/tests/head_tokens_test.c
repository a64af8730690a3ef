/* SPDX-License-Identifier: MIT */
/* Tokens of the trained model by the certified head, and what the copy's own logits are worth. */
#include "kernels/f16_gemv/op.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/tests/forward_fixture.h"
#include "model/forward/tests/head_pairs.h"

#include <stdlib.h>

static struct fixture kjv;

UNIT_FIXTURE(open_model)
{
    struct qk_error err;
    fixture_open(&kjv, "kjv", MODEL_LAYOUT_I2S16);
    assert_works(model_head_copy_make(&kjv.weights, 2, NULL, &err), err);
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

/* What lets a row be computed again by itself, in every variant. */
UNIT_TEST(a_row_alone_has_the_bits_it_has_among_all)
{
    enum { ROWS = 130 };
    const size_t columns = kjv.weights.config.embedding;
    const uint16_t *head = kjv.weights.head;
    float x[1024], all[ROWS], one;
    struct qk_cpu cpu;
    struct qk_rng rng;
    qk_rng_seed(&rng, 3);
    assert_in_range(columns, 1, 1024);
    for (size_t i = 0; i < columns; i++)
        x[i] = (i % 61 ? 1 : 100) * (qk_rng_unit(&rng) - 0.5f);
    assert_int_equal(qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), NULL), 0);
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        if (v->op != QK_OP_f16_gemv || v->kind == QK_CEILING || qk_variant_missing(v, &cpu))
            continue;
        QK_CALL(f16_gemv, v->fn, all, head, x, ROWS, columns);
        for (size_t r = 0; r < ROWS; r++) {
            QK_CALL(f16_gemv, v->fn, &one, head + r * columns, x, 1, columns);
            assert_memory_equal(&one, &all[r], sizeof one);
        }
    }
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
