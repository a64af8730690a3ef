/* SPDX-License-Identifier: MIT */
/* Heads of every type against sums in f64, on random numbers: what the op of each makes of each input. */
#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/load/number_rows.h"
#include "model/forward/private.h"
#include "model/forward/tests/forward_fixture.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 203, TOKENS = 3 };
static struct fixture kjv;
static struct qk_rng rng;

UNIT_FIXTURE(open_model)
{
    fixture_open(&kjv, "kjv", MODEL_LAYOUT_I2S16);
    qk_rng_seed(&rng, 18);
    return 0;
}

UNIT_FIXTURE(close_model)
{
    fixture_close(&kjv);
    return 0;
}

static float drawn(void)
{
    return 2 * qk_rng_unit(&rng) - 1;
}

/* Numbers of the type: random ones, or blocks of random bytes with moderate scales. */
static uint8_t *random_head(const struct model_number_type *t, size_t columns)
{
    const size_t bytes = ROWS * model_number_bytes(t->type, columns);
    const size_t scale_at = t->type == MODEL_GGUF_TYPE_Q6_K ? Q6_K_SCALE : 0;
    uint8_t *head = malloc(bytes);
    assert_non_null(head);
    qk_rng_bytes(&rng, head, bytes);
    for (size_t at = 0; at < bytes; at += t->bytes) {
        const float value = drawn();
        const uint16_t half = qk_f32_to_f16(t->block > 1 ? 0x1p-6f * (1.5f + value) : value);
        if (t->bytes == sizeof value)
            memcpy(head + at, &value, sizeof value);
        else if (t->type == MODEL_GGUF_TYPE_BF16)
            memcpy(head + at, (const char *)&value + 2, 2);
        else
            memcpy(head + at + scale_at, &half, sizeof half);
    }
    return head;
}

/* Logits of TOKENS rows of inputs x, which are rounded where they lie. */
static void multiply(float *logits, const struct model_weights *w, float *x, enum model_head_input input,
                     size_t threads)
{
    struct qk_error err;
    struct model_state *s;
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    const struct model_options o = {.threads = threads, .head_input = input, .batch = TOKENS};
    const size_t bytes = TOKENS * w->config.embedding * sizeof *x;
    assert_works(model_state_new(&s, w, &k, &o, &err), err);
    memcpy(s->input, x, bytes);
    model_head(s, logits, TOKENS);
    memcpy(x, s->input, bytes);
    model_state_free(s);
}

static void compare(const struct model_weights *w, const float *logits, const float *x)
{
    const size_t n = w->config.embedding;
    float wide[1024];
    assert_in_range(n, 1, 1024);
    for (size_t r = 0; r < ROWS; r++) {
        model_head_row(w, r, wide);
        for (size_t t = 0; t < TOKENS; t++) {
            double sum = 0, size = 0;
            for (size_t i = 0; i < n; i++) {
                sum += (double)wide[i] * (double)x[t * n + i];
                size += fabs((double)wide[i] * (double)x[t * n + i]);
            }
            const double far = fabs((double)logits[t * ROWS + r] - sum);
            if (!(far <= 0x1p-24 * (double)(n / 8 + 16) * size))
                fail_msg("%s, row %zu, token %zu: %.9g, exact %.9g",
                         model_gguf_type_name(w->config.head_type), r, t, (double)logits[t * ROWS + r], sum);
        }
    }
}

UNIT_TEST(every_type_with_every_input)
{
    static float got[TOKENS * ROWS], want[TOKENS * ROWS];
    const struct model_number_type *t;
    const size_t n = kjv.weights.config.embedding;
    float *x = calloc(2 * TOKENS * n, sizeof *x), *const again = x + TOKENS * n;
    assert_non_null(x);
    for (size_t i = 0; (t = model_number_type(i)); i++)
        for (int input = 0; input < MODEL_INPUTS; input++) {
            struct model_weights w = kjv.weights; /* a view */
            uint8_t *head = random_head(t, n);
            w.config.vocab = ROWS;
            w.config.head_type = t->type;
            w.head = head;
            for (size_t c = 0; c < TOKENS * n; c++)
                x[c] = again[c] = drawn() * (c % 50 ? 1 : 20);
            multiply(got, &w, x, (enum model_head_input)input, 1);
            compare(&w, got, x);
            assert_int_equal(input != MODEL_INPUT_F32, memcmp(x, again, TOKENS * n * sizeof *x) != 0);
            multiply(want, &w, again, (enum model_head_input)input, 3);
            assert_memory_equal(got, want, sizeof got);
            free(head);
        }
    free(x);
}

UNIT_TEST(the_usual_input_is_what_the_op_takes)
{
    struct model_config c = kjv.weights.config;
    assert_int_equal(model_head_input_usual(&c, true), MODEL_INPUT_F32);
    c.head_type = MODEL_GGUF_TYPE_Q6_K;
    assert_int_equal(model_head_input_usual(&c, true), MODEL_INPUT_F32);
    c.head_type = MODEL_GGUF_TYPE_Q2_0;
    assert_int_equal(model_head_input_usual(&c, true), MODEL_INPUT_Q8_0);
    assert_int_equal(model_head_input_usual(&c, false), MODEL_INPUT_F32);
}

UNIT_TEST(only_full_numbers_are_copied)
{
    struct model_weights w = kjv.weights;
    struct qk_error err;
    const struct model_number_type *t;
    for (size_t i = 0; (t = model_number_type(i)); i++) {
        if (t->block == 1)
            continue;
        w.config.head_type = t->type;
        assert_int_equal(model_head_copy_make(&w, 1, NULL, &err), QK_ERR_UNAVAILABLE);
        assert_says(err.text, model_gguf_type_name(t->type));
        assert_null(w.head_copy);
    }
}

UNIT_TESTS(head_types, open_model, close_model)
