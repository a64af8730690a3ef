/* SPDX-License-Identifier: MIT */
#include "model/forward/sampler.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VOCAB = 6, DRAWS = 60000 };

static void draw(const struct model_sampling *how, const float *logits, size_t *counts, size_t draws)
{
    struct model_sampler *s;
    struct qk_error err;
    assert_int_equal(model_sampler_new(&s, how, VOCAB, &err), 0);
    for (size_t i = 0; i < draws; i++) {
        int32_t id;
        assert_int_equal(model_sampler_next(s, logits, &id, &err), 0);
        assert_in_range(id, 0, VOCAB - 1);
        counts[id]++;
    }
    model_sampler_free(s);
}

static const float logits[VOCAB] = {0, 2, 1, -1, 2, -3};

UNIT_TEST(greedy_takes_the_first_of_the_largest)
{
    const struct model_sampling ways[] = {{.top_p = 1}, {.temperature = 1, .top_k = 1, .top_p = 1}};
    for (int i = 0; i < 2; i++) {
        size_t counts[VOCAB] = {0};
        draw(&ways[i], logits, counts, 10);
        assert_int_equal(counts[1], 10);
    }
    size_t counts[VOCAB] = {0};
    draw(&(struct model_sampling){.temperature = 1, .top_p = 1e-6f}, logits, counts, 10);
    assert_int_equal(counts[1], 10);
}

/*
 * Counts against exact probabilities: each within five standard deviations of a binomial; the seed is fixed.
 */
UNIT_TEST(draws_have_their_probabilities)
{
    static const struct {
        struct model_sampling how;
        size_t left; /* of the ids 1, 4, 2, 0, 3, 5, by logit */
    } ways[] = {{{.temperature = 1, .top_p = 1, .seed = 1}, 6},
                {{.temperature = 0.5f, .top_p = 1, .seed = 2}, 6},
                {{.temperature = 1, .top_k = 3, .top_p = 1, .seed = 3}, 3},
                {{.temperature = 1, .top_k = 100, .top_p = 1, .seed = 4}, 6},
                {{.temperature = 1, .top_p = 0.7f, .seed = 5}, 2},
                {{.temperature = 1, .top_p = 0.85f, .seed = 6}, 3},
                {{.temperature = 1, .top_p = 0.99f, .seed = 7}, 5},
                {{.temperature = 1, .top_k = 4, .top_p = 0.9f, .seed = 8}, 3},
                {{.temperature = 1, .top_k = 4, .top_p = 0.97f, .seed = 9}, 4}};
    static const int order[VOCAB] = {1, 4, 2, 0, 3, 5};
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        size_t counts[VOCAB] = {0};
        double sum = 0;
        draw(&ways[w].how, logits, counts, DRAWS);
        for (size_t i = 0; i < ways[w].left; i++)
            sum += exp((double)logits[order[i]] / (double)ways[w].how.temperature);
        for (size_t i = 0; i < VOCAB; i++) {
            const double p =
                i < ways[w].left ? exp((double)logits[order[i]] / (double)ways[w].how.temperature) / sum : 0;
            const double off = fabs((double)counts[order[i]] - p * DRAWS);
            if (off > 5 * sqrt(DRAWS * p * (1 - p)))
                fail_msg("way %zu, id %d: %zu of %d, %.4f expected", w, order[i], counts[order[i]], DRAWS, p);
        }
    }
}

UNIT_TEST(a_seed_gives_its_draws)
{
    size_t a[VOCAB] = {0}, b[VOCAB] = {0}, c[VOCAB] = {0};
    struct model_sampling how = {.temperature = 1, .top_p = 1, .seed = 7};
    draw(&how, logits, a, 200);
    draw(&how, logits, b, 200);
    how.seed = 8;
    draw(&how, logits, c, 200);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
}

UNIT_TEST(extremes_overflow_nothing)
{
    const float wide[VOCAB] = {3e38f, -3e38f, 3e38f, 0, -3e38f, 1}, flat[VOCAB] = {0};
    size_t counts[VOCAB] = {0};
    draw(&(struct model_sampling){.temperature = 1e-3f, .top_p = 1}, wide, counts, 1000);
    assert_int_equal(counts[0] + counts[2], 1000);
    assert_true(counts[0] > 400 && counts[2] > 400);
    memset(counts, 0, sizeof counts);
    draw(&(struct model_sampling){.temperature = 1, .top_p = 1}, flat, counts, 6000);
    for (int i = 0; i < VOCAB; i++)
        assert_in_range(counts[i], 850, 1150);
}

UNIT_TEST(nonsense_is_refused)
{
    const struct model_sampling bad[] = {
        {.temperature = -1, .top_p = 1},       {.temperature = NAN, .top_p = 1},
        {.temperature = INFINITY, .top_p = 1}, {.temperature = 1, .top_p = 0},
        {.temperature = 1, .top_p = 1.5f},     {.temperature = 1, .top_p = NAN}};
    const float broken[VOCAB] = {0, 1, NAN};
    struct model_sampler *s;
    struct qk_error err;
    int32_t id;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(model_sampler_new(&s, &bad[i], VOCAB, &err), QK_ERR_ARG);
        assert_null(s);
        assert_says(err.text, "expected");
    }
    const struct model_sampling good = {.temperature = 1, .top_p = 1};
    assert_int_equal(model_sampler_new(&s, &good, 0, &err), QK_ERR_ARG);
    assert_int_equal(model_sampler_new(&s, &good, VOCAB, &err), 0);
    assert_int_equal(model_sampler_next(s, broken, &id, &err), QK_ERR_INVALID);
    assert_says(err.text, "token 2");
    model_sampler_free(s);
}

UNIT_TESTS(sampler, NULL, NULL)
