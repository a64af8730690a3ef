/* SPDX-License-Identifier: MIT */
#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The row's parts per token add up to its median. */
static void assert_adds_up(const struct bench_e2e_row *row)
{
    double sum = 0;
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        sum += row->components_ns[p];
    bench_test_near(sum, row->ns_per_token.value);
}

UNIT_TEST(medians_and_their_components)
{
    struct bench_e2e e;
    for (size_t n = 1; n <= 7; n++) {
        bench_test_e2e(&e, n);
        assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
        for (size_t i = 0; i < e.count; i++)
            assert_adds_up(&e.rows[i]);
        /* baseline, generation: 80 s for 8 tokens, and 1 % more each time */
        bench_test_near(e.rows[1].ns_per_token.value, 1e10 * (1 + (double)(n - 1) / 200));
        /* its prompt: 20 s for 16 */
        bench_test_near(e.rows[0].ns_per_token.value, 1.25e9 * (1 + (double)(n - 1) / 200));
        bench_test_near(e.rows[1].components_ns[MODEL_PART_HEAD], e.rows[1].ns_per_token.value / 10);
        bench_e2e_free(&e);
    }
}

UNIT_TEST(intervals_say_how_sure_they_are)
{
    static const double level[] = {0, 0, 0.5, 0.75, 0.875, 0.9375, 0.95, 0.95};
    struct bench_e2e e;
    for (size_t n = 1; n <= 7; n++) {
        bench_test_e2e(&e, n);
        assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
        bench_test_near(e.level, level[n]);
        const struct bench_interval *ns = &e.rows[1].ns_per_token;
        if (n == 1) {
            assert_true(isnan(ns->low) && isnan(ns->high));
        } else { /* all of them, up to seven */
            bench_test_near(ns->low, 1e10);
            bench_test_near(ns->high, 1e10 * (1 + (double)(n - 1) / 100));
        }
        bench_e2e_free(&e);
    }
}

/* By repetition: 80 (1 + r / 100) over 20 (1 + r / 100) is 4 in each, although the times differ. */
UNIT_TEST(speedups_are_paired)
{
    struct bench_e2e e;
    bench_test_e2e(&e, 7);
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    bench_test_near(e.rows[1].speedup.value, 1);
    bench_test_near(e.rows[5].speedup.value, 4);
    bench_test_near(e.rows[5].speedup.low, 4);
    bench_test_near(e.rows[5].speedup.high, 4);
    /* 80 / 64 in four repetitions, 80 / 96 in three */
    bench_test_near(e.rows[3].speedup.value, 1.25);
    bench_test_near(e.rows[3].speedup.low, 80.0 / 96);
    bench_test_near(e.rows[3].speedup.high, 1.25);
    /* prompts against prompts */
    bench_test_near(e.rows[4].speedup.value, 4);
    bench_e2e_free(&e);
    /* other threads have a reference of their own */
    bench_test_e2e(&e, 7);
    e.rows[5].threads = 2;
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    bench_test_near(e.rows[5].speedup.value, 1);
    /* and so has another depth */
    e.rows[5].threads = 1;
    e.rows[5].depth = 512;
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    bench_test_near(e.rows[5].speedup.value, 1);
    bench_e2e_free(&e);
}

UNIT_TEST(percentiles_are_nearest_ranks)
{
    struct bench_e2e e;
    bench_test_e2e(&e, 1);
    struct bench_e2e_row *row = &e.rows[1];
    free(row->token_ns);
    row->token_ns = calloc(200, sizeof *row->token_ns);
    assert_non_null(row->token_ns);
    for (size_t i = 0; i < 200; i++) /* 1 to 200, mixed */
        row->token_ns[i] = (double)(1 + i * 7 % 200);
    static const struct {
        size_t count;
        double p50, p95, p99;
    } expected[] = {{200, 100, 190, 198}, {1, 1, 1, 1}, {2, 1, 8, 8}};
    for (size_t i = 0; i < 3; i++) {
        row->token_count = expected[i].count;
        assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
        bench_test_near(row->token_percentile_ns[0], expected[i].p50);
        bench_test_near(row->token_percentile_ns[1], expected[i].p95);
        bench_test_near(row->token_percentile_ns[2], expected[i].p99);
    }
    assert_true(isnan(row->first_token_ns.value));
    bench_test_near(e.rows[0].first_token_ns.value, 2e10 + 5000);
    assert_true(isnan(e.rows[0].token_percentile_ns[0]));
    bench_e2e_free(&e);
}

/* GB/s from DRAM, a tenth less before the run; by three threads none is known, by four only before. */
static struct bench_e2e_read read_by(const void *gbs, size_t threads)
{
    const double x = threads == 3 ? NAN : *(const double *)gbs * (double)threads;
    return (struct bench_e2e_read){0.9 * x, threads == 4 ? NAN : x};
}

UNIT_TEST(shares_of_the_ceiling)
{
    const double c = 20;
    struct bench_e2e e;
    bench_test_e2e(&e, 3);
    e.rows[3].threads = 2;
    e.rows[5].threads = 3;
    e.rows[7].threads = 4;
    assert_int_equal(bench_e2e_summarise(&e, read_by, &c, NULL, NULL), 0);
    bench_test_near(e.rows[1].read_ceiling_gbs, 20);
    bench_test_near(e.rows[1].read.before, 18);
    bench_test_near(e.rows[1].read.after, 20);
    bench_test_near(e.rows[1].read_gbs, 1.18e9 / e.rows[1].ns_per_token.value);
    bench_test_near(e.rows[1].fraction_of_ceiling, 1.18e9 / 20 / e.rows[1].ns_per_token.value);
    assert_string_equal(e.rows[1].ceiling_why, "");
    bench_test_near(e.rows[3].read_ceiling_gbs, 40);
    assert_true(isnan(e.rows[5].read_ceiling_gbs) && isnan(e.rows[5].fraction_of_ceiling));
    assert_says(e.rows[5].ceiling_why, "by 3 threads");
    bench_test_near(e.rows[7].read_ceiling_gbs, 72);
    assert_true(isnan(e.rows[7].read.after));
    bench_test_near(e.rows[0].fraction_of_ceiling, 1.2e9 / 16 / 20 / e.rows[0].ns_per_token.value);
    for (size_t i = 0; i < e.count; i++)
        assert_string_equal(e.rows[i].invalid, "");
    e.bytes_per_token = 32 << 20;
    assert_int_equal(bench_e2e_summarise(&e, read_by, &c, NULL, NULL), 0);
    assert_true(isnan(e.rows[1].fraction_of_ceiling));
    assert_says(e.rows[1].ceiling_why, "fit the L3");
    e.env.cache_count = 0;
    e.bytes_per_token = 256 << 20;
    assert_int_equal(bench_e2e_summarise(&e, read_by, &c, NULL, NULL), 0);
    assert_says(e.rows[1].ceiling_why, "size is not known");
    e.bytes_per_token++;
    assert_int_equal(bench_e2e_summarise(&e, read_by, &c, NULL, NULL), 0);
    assert_false(isnan(e.rows[1].fraction_of_ceiling));
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    assert_true(isnan(e.rows[1].read_ceiling_gbs));
    assert_string_equal(e.rows[1].ceiling_why, "none here");
    bench_e2e_free(&e);
}

/* What reads more than memory gives has skipped work. Only what L3 may have kept is believed as well. */
UNIT_TEST(more_than_the_ceiling_is_invalid)
{
    struct bench_e2e e;
    bench_test_e2e(&e, 3);
    struct bench_e2e_row *row = &e.rows[1];
    const double gbs = 1.18e9 / (80e9 / 8 * 1.01);
    for (double share = 1.04; share < 1.07; share += 0.02) {
        const double c = gbs / share;
        assert_int_equal(bench_e2e_summarise(&e, read_by, &c, NULL, NULL), 0);
        bench_test_near(row->fraction_of_ceiling, share);
        if (share < 1.05)
            assert_string_equal(row->invalid, "");
        else
            assert_says(row->invalid, "work was skipped");
    }
    struct qk_error err = {.text = ""};
    assert_int_equal(bench_e2e_check(&e, &err), QK_ERR_INVALID);
    assert_string_equal(err.where, "baseline");
    assert_says(err.text, "tg8, 1 thread: 0.116");
    const double enough = 100;
    assert_int_equal(bench_e2e_summarise(&e, read_by, &enough, NULL, NULL), 0);
    assert_int_equal(bench_e2e_check(&e, &err), 0);
    /* a third of what is read may be in the L3 of one thread, but in those of four threads all of it */
    const double c = gbs / 1.4, d = gbs / 1.6;
    e.env.caches[0].bytes = (uint64_t)(1.18e9 / 3);
    assert_int_equal(bench_e2e_summarise(&e, read_by, &c, NULL, NULL), 0);
    assert_string_equal(row->invalid, "");
    assert_int_equal(bench_e2e_summarise(&e, read_by, &d, NULL, NULL), 0);
    assert_says(row->invalid, "work was skipped");
    row->threads = 6; /* of two that share an L3 */
    assert_int_equal(bench_e2e_summarise(&e, read_by, &d, NULL, NULL), 0);
    assert_string_equal(row->invalid, "");
    bench_e2e_free(&e);
}

UNIT_TEST(means_and_deviations_are_llama_benchs)
{
    const double x[] = {1, 2, 6};
    bench_test_near(bench_e2e_mean(x, 3), 3);
    bench_test_near(bench_e2e_deviation(x, 3), sqrt(7));
    assert_true(bench_e2e_deviation(x, 1) == 0);
}

UNIT_TESTS(summary, NULL, NULL)
