/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand cases: the work on a result must not grow with the square of its cases. Looking something up
 * compares texts, so the test counts comparisons, for few cases and for four times as many. Sorting then
 * needs about five times as many, and searching all cases for each case sixteen times.
 */
#include "baselines/stored/compare.h"
#include "harness/records/tests/fixture.h"
#include "reports/text/judged/compare.h"
#include "reports/text/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t compared;
int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);

int __wrap_strcmp(const char *a, const char *b)
{
    compared++;
    return __real_strcmp(a, b);
}

enum layout { ONE_GROUP, OPS, SHAPES, METRICS, UNCOUNTED, SKIPPED, LAYOUTS };
enum step { CHECK, SUMMARY, TEXT, MAKE, COMPARE, COMPARISON_TEXT, JUDGE, WRITE, STEPS };
static const char *const layouts[] = {"one group", "ops", "shapes", "metrics", "uncounted", "skipped"};
static const char *const steps[] = {"check",   "summary",           "text",  "make",
                                    "compare", "comparison's text", "judge", "write"};

static void add_case(struct bench_sample_set *set, enum layout layout, size_t i, const char *flags)
{
    char name[2][32], why[64];
    const bool pairs = layout == OPS || layout == SHAPES, reference = pairs ? i % 2 == 0 : i == 0;
    snprintf(name[0], sizeof name[0], pairs ? layout == OPS ? "op%zu" : "op" : "op", i / 2);
    snprintf(name[1], sizeof name[1], layout == SHAPES ? "%zu" : "256", 256 + i / 2);
    snprintf(why, sizeof why, "reason %zu", i);
    char variant[32] = "scalar";
    if (!reference)
        snprintf(variant, sizeof variant, pairs ? "fast" : "fast%zu", i);
    struct bench_record *rec = bench_sample_set_add(set, name[0], variant, name[1]);
    assert_non_null(rec);
    assert_true(bench_record_describe(rec, "BASE", reference ? "baseline" : "1", flags));
    rec->reference = reference;
    rec->elements = 256;
    if (layout == SKIPPED && !reference) {
        assert_true(bench_record_stop(rec, BENCH_SKIP, why));
        return;
    }
    rec->calls = 10;
    for (int b = 0; b < 6; b++) {
        struct bench_block *block = bench_record_add_block(rec, 1);
        assert_non_null(block);
        block->samples_ns[0] = (reference ? 100 : 50) + b;
        block->cpu_ns = block->samples_ns[0];
    }
    if (layout == METRICS)
        assert_true(bench_record_add_metric(rec, why, "u", 1, why));
    if (layout == UNCOUNTED)
        assert_true(bench_record_add_metric(rec, "cycles", "cycles", NAN, "no counters here"));
}

static size_t since(size_t *last)
{
    const size_t count = compared - *last;
    *last = compared;
    return count;
}

static void count_steps(enum layout layout, size_t cases, size_t count[STEPS])
{
    struct bench_sample_set set[2];
    struct bench_summary sum;
    struct baseline b[2];
    struct baseline_comparison c;
    struct baseline_policy policy;
    struct baseline_report r = {0};
    FILE *to = fopen("/dev/null", "w");
    assert_non_null(to);
    for (int s = 0; s < 2; s++) {
        bench_sample_set_init(&set[s]);
        for (size_t i = 0; i < cases; i++)
            add_case(&set[s], layout, i, s ? "-O3" : "-O2");
    }
    size_t last = compared;
    assert_int_equal(bench_fields_check(&bench_sample_set_fields, &set[0], NULL), 0);
    count[CHECK] = since(&last);
    assert_int_equal(bench_summary_make(&sum, &set[0], NULL), 0);
    count[SUMMARY] = since(&last);
    assert_int_equal(report_text(&(struct report_input){.set = &set[0], .summary = &sum}, to, NULL), 0);
    count[TEXT] = since(&last);
    for (int s = 0; s < 2; s++) {
        const struct bench_sample_set *const one[] = {&set[s]};
        assert_int_equal(baseline_make(&b[s], "b", one, 1, NULL, "none", NULL), 0);
    }
    count[MAKE] = since(&last);
    assert_int_equal(baseline_compare(&c, &b[0], &b[1], 5, NULL), 0);
    count[COMPARE] = since(&last);
    assert_int_equal(report_comparison_text(&c, to, NULL), 0);
    count[COMPARISON_TEXT] = since(&last);
    assert_int_equal(baseline_policy_read(&policy, NULL, NULL), 0);
    last = compared;
    if (layout != SKIPPED)
        assert_int_equal(baseline_judge_stored(&b[0], &b[1], &policy, &r, NULL), 0);
    count[JUDGE] = since(&last);
    assert_int_equal(baseline_write(&b[0], to, NULL), 0);
    count[WRITE] = since(&last);
    baseline_report_free(&r);
    baseline_policy_free(&policy);
    baseline_comparison_free(&c);
    bench_summary_free(&sum);
    for (int s = 0; s < 2; s++) {
        baseline_free(&b[s]);
        bench_sample_set_free(&set[s]);
    }
    fclose(to);
}

UNIT_TEST(work_grows_with_cases)
{
    size_t few[STEPS], many[STEPS];
    for (int layout = 0; layout < LAYOUTS; layout++) {
        count_steps((enum layout)layout, 250, few);
        count_steps((enum layout)layout, 1000, many);
        for (int step = 0; step < STEPS; step++)
            if (many[step] > 6 * few[step] + 1000)
                fail_msg("%s, %s: %zu comparisons of 250 cases, %zu of 1000", layouts[layout], steps[step],
                         few[step], many[step]);
    }
}

UNIT_TESTS(large, NULL, NULL)
