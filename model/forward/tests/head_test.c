/* SPDX-License-Identifier: MIT */
/*
 * The certified head on heads and activations made for it: intervals against f64, ties, last bits, and what
 * cannot be bounded.
 */
#include "kernels/f16.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/private.h"
#include "model/forward/tests/forward_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct fixture kjv;
static struct qk_rng rng;

UNIT_FIXTURE(open_model)
{
    fixture_open(&kjv, "kjv", MODEL_LAYOUT_I2S16);
    qk_rng_seed(&rng, 16);
    return 0;
}

UNIT_FIXTURE(close_model)
{
    fixture_close(&kjv);
    return 0;
}

/* The trained model with a head of its own, and a state that reads it certified. */
struct bench {
    struct model_weights weights; /* a view, but for head_copy */
    uint16_t *head;
    struct model_state *s;
    size_t rows, columns;
};

enum heads { TRAINED, RANDOM, ODD, HEADS };
enum inputs { GAUSSIAN, OUTLIERS, TINY_INPUT, ZERO, DENORMAL, LARGE, INPUTS };

static float gaussian(void)
{
    float sum = -6;
    for (int i = 0; i < 12; i++)
        sum += qk_rng_unit(&rng);
    return sum;
}

/* Rows of zeros, of denormals, of the largest f16, with one large weight among small ones, with any bits. */
static void odd_row(uint16_t *row, size_t columns, size_t kind)
{
    for (size_t i = 0; i < columns; i++) {
        const uint16_t bits = (uint16_t)qk_rng_next(&rng);
        const uint16_t any[] = {(uint16_t)(bits & 0x8000),
                                (uint16_t)(bits & 0x83ff),
                                (uint16_t)(0x7bff | (bits & 0x8000)),
                                i == columns / 2 ? 0x7bff : (uint16_t)(bits & 0x83ff),
                                (uint16_t)((bits & 0x7c00) == 0x7c00 ? bits & 0x83ff : bits),
                                i % 32 ? 0 : 0x0001,
                                1};
        row[i] = any[kind];
    }
}

static void make_head(struct bench *b, enum heads kind)
{
    for (size_t r = 0; r < b->rows && kind != TRAINED; r++) {
        uint16_t *row = b->head + r * b->columns;
        if (kind == ODD)
            odd_row(row, b->columns, r % 7);
        else
            for (size_t i = 0; i < b->columns; i++)
                row[i] = qk_f32_to_f16(gaussian() * 0.02f);
    }
}

/* The copy of the head as it is now. */
static void copy_head(struct bench *b)
{
    struct qk_error err;
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    const struct model_options o = {.threads = 1, .head = MODEL_HEAD_CERTIFIED};
    model_state_free(b->s);
    model_head_copy_free(b->weights.head_copy);
    b->weights.head_copy = NULL;
    assert_works(model_head_copy_make(&b->weights, 3, NULL, &err), err);
    assert_works(model_state_new(&b->s, &b->weights, &k, &o, &err), err);
}

/* rows: at most the model's. One that is no multiple of 16 has padding. */
static void open_bench(struct bench *b, enum heads kind, size_t rows)
{
    *b = (struct bench){.weights = kjv.weights, .rows = rows, .columns = kjv.weights.config.embedding};
    b->head = malloc(rows * b->columns * sizeof *b->head);
    assert_non_null(b->head);
    memcpy(b->head, kjv.weights.head, rows * b->columns * sizeof *b->head);
    b->weights.config.vocab = rows;
    b->weights.head = b->head;
    make_head(b, kind);
    copy_head(b);
}

static void close_bench(struct bench *b)
{
    model_state_free(b->s);
    model_head_copy_free(b->weights.head_copy);
    free(b->head);
}

static void make_input(const struct bench *b, enum inputs kind)
{
    for (size_t i = 0; i < b->columns; i++) {
        const float g = gaussian();
        const float any[] = {g, i % 97 ? g : 300 * g, g * 1e-7f, 0, g * 1e-39f, g * 1e9f};
        b->s->input[i] = any[kind];
    }
}

static float *full_logits(const struct bench *b)
{
    float *logits = malloc(b->rows * sizeof *logits);
    assert_non_null(logits);
    model_head(b->s, logits, 1);
    return logits;
}

static long double exact(const struct bench *b, size_t row)
{
    float weight[1024];
    long double sum = 0;
    assert_in_range(b->columns, 1, 1024);
    model_head_row(&b->weights, row, weight);
    for (size_t i = 0; i < b->columns; i++)
        sum += (long double)weight[i] * (long double)b->s->input[i];
    return sum;
}

/* The largest width of an interval, as a part of the largest logit. */
static double check_intervals(const struct bench *b, bool coarse)
{
    const float *lower, *upper;
    float *logits = full_logits(b);
    double widest = 0, largest = 1e-30;
    assert_true(model_head_intervals(b->s, coarse, &lower, &upper));
    for (size_t r = 0; r < b->rows; r++) {
        const long double want = exact(b, r);
        if (!(lower[r] <= logits[r] && logits[r] <= upper[r]) || want < lower[r] || want > upper[r])
            fail_msg("row %zu: %.9g, exact %.9Lg, outside %.9g to %.9g", r, (double)logits[r], want,
                     (double)lower[r], (double)upper[r]);
        widest = fmax(widest, (double)upper[r] - (double)lower[r]);
        largest = fmax(largest, fabs((double)logits[r]));
    }
    free(logits);
    return widest / largest;
}

UNIT_TEST(intervals_hold)
{
    for (int head = 0; head < HEADS; head++) {
        struct bench b;
        open_bench(&b, (enum heads)head, head ? 203 : 2048);
        for (int input = 0; input < INPUTS; input++)
            for (int coarse = 0; coarse < 2; coarse++) {
                make_input(&b, (enum inputs)input);
                const double width = check_intervals(&b, coarse);
                /* and they say something: where a head's rows are alike, by both planes */
                if (head == RANDOM && input <= OUTLIERS && !coarse)
                    assert_true(width < 0.6);
            }
        close_bench(&b);
    }
}

/* F32 and BF16: rows of any size, whose weights differ by up to 2^100, denormals among them. */
UNIT_TEST(intervals_of_wide_weights_hold)
{
    static const enum model_gguf_type types[] = {MODEL_GGUF_TYPE_F32, MODEL_GGUF_TYPE_BF16};
    struct bench b;
    open_bench(&b, RANDOM, 96);
    float *wide = malloc(b.rows * b.columns * sizeof *wide);
    assert_non_null(wide);
    for (int i = 0; i < 2; i++) {
        for (size_t at = 0; at < b.rows * b.columns; at++) {
            const int row = (int)(at / b.columns % 8);
            const int exponent = row * 22 - 145 + (int)qk_rng_below(&rng, row % 2 ? 4 : 50);
            wide[at] = ldexpf(gaussian(), exponent < 45 ? exponent : 45);
            if (types[i] == MODEL_GGUF_TYPE_BF16)
                memcpy((uint16_t *)(void *)wide + at, (const char *)&wide[at] + 2, 2);
        }
        b.weights.config.head_type = types[i];
        b.weights.head = wide;
        copy_head(&b);
        for (int input = 0; input < INPUTS; input++)
            for (int coarse = 0; coarse < 2; coarse++) {
                make_input(&b, (enum inputs)input);
                check_intervals(&b, coarse);
            }
    }
    free(wide);
    close_bench(&b);
}

UNIT_TEST(a_row_too_large_to_bound_is_not_copied)
{
    struct bench b;
    struct qk_error err;
    open_bench(&b, RANDOM, 32);
    float *wide = calloc(b.rows * b.columns, sizeof *wide);
    assert_non_null(wide);
    wide[17 * b.columns] = 0x1p61f;
    b.weights.config.head_type = MODEL_GGUF_TYPE_F32;
    b.weights.head = wide;
    model_head_copy_free(b.weights.head_copy);
    b.weights.head_copy = NULL;
    assert_int_equal(model_head_copy_make(&b.weights, 1, NULL, &err), QK_ERR_UNAVAILABLE);
    assert_says(err.text, "row 17 ");
    free(wide);
    close_bench(&b);
}

/* An error planted in the copy is noticed by the test above: it has no slack to hide one. */
UNIT_TEST(a_wrong_code_is_outside)
{
    struct bench b;
    open_bench(&b, RANDOM, 64);
    const float *lower, *upper;
    size_t outside = 0;
    memset(b.weights.head_copy->coarse, 0x88, 64 * b.columns / 2);
    for (int i = 0; i < 20; i++) {
        make_input(&b, GAUSSIAN);
        float *logits = full_logits(&b);
        assert_true(model_head_intervals(b.s, false, &lower, &upper));
        for (size_t r = 0; r < b.rows; r++)
            outside += logits[r] < lower[r] || logits[r] > upper[r];
        free(logits);
    }
    assert_true(outside > 0);
    close_bench(&b);
}

UNIT_TEST(what_is_not_finite_has_no_interval)
{
    const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f};
    struct bench b;
    open_bench(&b, TRAINED, 2048);
    const float *lower, *upper;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct model_top top;
        make_input(&b, GAUSSIAN);
        b.s->input[77] = odd[i];
        assert_false(model_head_intervals(b.s, false, &lower, &upper));
        float *logits = full_logits(&b);
        model_head_top(b.s, 1, &top);
        assert_int_equal(top.count, b.rows);
        assert_memory_equal(top.logit, logits, b.rows * sizeof *logits);
        free(logits);
    }
    assert_int_equal(model_head_work(b.s)->full, 4);
    close_bench(&b);
}

UNIT_TEST(a_head_that_is_not_finite_is_not_copied)
{
    struct bench b;
    open_bench(&b, RANDOM, 100);
    struct qk_error err;
    model_head_copy_free(b.weights.head_copy);
    b.weights.head_copy = NULL;
    b.head[71 * b.columns + 5] = 0x7c00;
    b.head[90 * b.columns + 5] = 0x7e01;
    assert_int_equal(model_head_copy_make(&b.weights, 2, NULL, &err), QK_ERR_UNAVAILABLE);
    assert_says(err.text, "row 71 ");
    assert_null(b.weights.head_copy);
    close_bench(&b);
}

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Whoever belongs to the k largest is there, with the bits of the full head, in ascending order. */
static void check_top(const struct bench *b, size_t k)
{
    struct model_top top;
    float *logits = full_logits(b), *sorted = full_logits(b);
    size_t at = 0;
    qsort(sorted, b->rows, sizeof *sorted, descending);
    model_head_top(b->s, k, &top);
    for (size_t i = 0; i < top.count; i++) {
        assert_true(!i || top.id[i] > top.id[i - 1]);
        assert_memory_equal(&top.logit[i], &logits[top.id[i]], sizeof *logits);
    }
    for (size_t r = 0; r < b->rows; r++) {
        while (at < top.count && (size_t)top.id[at] < r)
            at++;
        if (logits[r] >= sorted[k - 1] && (at == top.count || (size_t)top.id[at] != r))
            fail_msg("k %zu: row %zu of %g is not there; the last is %g", k, r, (double)logits[r],
                     (double)sorted[k - 1]);
    }
    free(logits);
    free(sorted);
}

UNIT_TEST(the_largest_are_found)
{
    for (int head = 0; head < HEADS; head++) {
        struct bench b;
        open_bench(&b, (enum heads)head, head ? 1003 : 2048);
        for (int input = 0; input < INPUTS; input++)
            for (size_t k = 1; k <= model_top_most(b.s); k = 3 * k + 1) {
                make_input(&b, (enum inputs)input);
                check_top(&b, k);
            }
        close_bench(&b);
    }
}

/* Copies of the likeliest row, and copies whose last bits differ, so that logits differ by an ulp or not. */
UNIT_TEST(ties_and_last_bits_decide_as_they_do_in_full)
{
    struct bench b;
    open_bench(&b, RANDOM, 600);
    size_t least[2] = {0, 0};
    for (int round = 0; round < 24; round++) {
        make_head(&b, RANDOM);
        for (size_t twin = 0; twin < 8; twin++) {
            uint16_t *row = b.head + (twin * 71 + 30) * b.columns;
            memcpy(row, b.head + 30 * b.columns, b.columns * sizeof *row);
            if (round % 3)
                row[qk_rng_below(&rng, b.columns)] ^= (uint16_t)qk_rng_below(&rng, 2);
        }
        copy_head(&b);
        for (size_t i = 0; i < b.columns; i++)
            b.s->input[i] = qk_f16_to_f32(b.head[30 * b.columns + i]) * 40 + 0.3f * gaussian();
        float *logits = full_logits(&b);
        size_t best = 0;
        for (size_t r = 1; r < b.rows; r++)
            best = logits[r] > logits[best] ? r : best;
        assert_int_equal(best % 71, 30); /* one of the twins */
        least[best == 30]++;
        free(logits);
        for (size_t k = 1; k <= 9; k += 4)
            check_top(&b, k);
    }
    assert_true(least[0] && least[1]);
    close_bench(&b);
}

/* Where all rows are alike no plane decides anything, and the full head does. */
UNIT_TEST(equal_rows_take_the_full_head)
{
    struct bench b;
    open_bench(&b, RANDOM, 96);
    struct model_top top;
    for (size_t r = 1; r < b.rows; r++)
        memcpy(b.head + r * b.columns, b.head, b.columns * sizeof *b.head);
    copy_head(&b);
    make_input(&b, GAUSSIAN);
    model_head_top(b.s, 1, &top);
    assert_int_equal(top.count, b.rows);
    assert_int_equal(model_head_work(b.s)->full, 1);
    close_bench(&b);
}

/* The coarse plane is tried again after PATIENCE tokens; a head with one row far above is decided by it. */
UNIT_TEST(the_coarse_plane_is_used_where_it_is_enough)
{
    struct bench b;
    open_bench(&b, RANDOM, 1600);
    struct model_top top;
    for (int i = 0; i < 200; i++) {
        make_input(&b, GAUSSIAN);
        model_head_top(b.s, 90, &top);
    }
    assert_true(model_head_work(b.s)->coarse < 20);
    for (size_t i = 0; i < b.columns; i++)
        b.s->input[i] = 0.1f * gaussian() + 50 * qk_f16_to_f32(b.head[700 * b.columns + i]);
    for (int i = 0; i < 200; i++)
        model_head_top(b.s, 1, &top);
    assert_true(model_head_work(b.s)->coarse >= 136);
    assert_int_equal(top.count, 1);
    assert_int_equal(top.id[0], 700);
    close_bench(&b);
}

UNIT_TEST(without_a_copy_there_is_no_certified_head)
{
    struct qk_error err;
    struct model_state *s;
    struct model_top top;
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    struct model_options o = {.threads = 1, .head = MODEL_HEAD_CERTIFIED};
    assert_int_equal(model_state_new(&s, &kjv.weights, &k, &o, &err), QK_ERR_ARG);
    assert_says(err.text, "certified");
    o.head = MODEL_HEAD_FULL;
    assert_works(model_state_new(&s, &kjv.weights, &k, &o, &err), err);
    assert_int_equal(model_top_most(s), 0);
    assert_int_equal(model_forward_top(s, kjv.tokens, 1, 1, &top, NULL, &err), QK_ERR_ARG);
    assert_int_equal(model_position(s), 0);
    model_state_free(s);
}

UNIT_TESTS(head, open_model, close_model)
