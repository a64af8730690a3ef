/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/compare.h"

#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/tests/fixture.h"
#include "reports/tests/fixture.h"

#include <stdlib.h>
#include <string.h>

static struct baseline old_side, new_side;

static void name_machine(struct bench_environment *env)
{
    snprintf(env->cpu_name, sizeof env->cpu_name, "AMD EPYC 9R14");
    snprintf(env->kernel, sizeof env->kernel, "Linux 6.1");
    snprintf(env->fingerprint, sizeof env->fingerprint, "0123456789abcdef");
}

UNIT_FIXTURE(set_up)
{
    if (bench_test_dir_make(state))
        return -1;
    baseline_test_main(&old_side);
    baseline_test_main(&new_side);
    name_machine(&old_side.env);
    new_side.env = old_side.env;
    snprintf(new_side.env.kernel, sizeof new_side.env.kernel, "Linux 6.2");
    struct baseline_case *c = baseline_find(&new_side, "qk256_dequant/p4_permute/4096");
    baseline_test_grow(c, 2, 10);
    c->speedup = (struct bench_interval){3.5, 3.4, 3.6};
    c = baseline_find(&new_side, "qk256_dequant/scalar/4096");
    c->instructions += 1;
    c->kinds[0].value += 1;
    snprintf(baseline_find(&new_side, "qk256_dequant/p1_unpack/4096")->name, BASELINE_NAME,
             "qk256_dequant/p2_fma/4096");
    c = baseline_find(&old_side, "qk256_dequant/p4_permute/4096");
    c->history = calloc(1, sizeof *c->history);
    if (!c->history)
        return -1;
    c->history_count = 1;
    c->history[0] = (struct baseline_accepted){
        "2026-02-03T04:05:06Z", "0123456789ab", "two shuffles less", {3, 2.9, 3.1}, 230};
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    baseline_free(&old_side);
    baseline_free(&new_side);
    return bench_test_dir_remove(state);
}

typedef int writer(const struct baseline_comparison *c, FILE *to, struct qk_error *err);

static int comparison_json(const struct baseline_comparison *c, FILE *to, struct qk_error *err)
{
    return bench_fields_write(&report_comparison_fields, c, "the comparison", to, err);
}

/* To be freed. */
static void written(writer *write, const struct baseline_comparison *c, char **text)
{
    size_t size;
    *text = NULL;
    FILE *to = open_memstream(text, &size);
    assert_non_null(to);
    assert_int_equal(write(c, to, NULL), 0);
    assert_int_equal(fclose(to), 0);
}

UNIT_TEST(as_it_was)
{
    struct baseline_comparison c;
    char *text;
    assert_int_equal(baseline_compare(&c, &old_side, &new_side, 5, NULL), 0);
    written(report_comparison_text, &c, &text);
    report_golden_check("compare.txt", text);
    free(text);
    written(comparison_json, &c, &text);
    report_golden_check("compare.json", text);
    free(text);
    baseline_comparison_free(&c);
}

static int baseline_text(const struct baseline_comparison *c, FILE *to, struct qk_error *err)
{
    return report_baseline_text(c->old_side, to, err);
}

UNIT_TEST(a_baseline)
{
    const struct baseline_comparison c = {.old_side = &old_side};
    char *text;
    written(baseline_text, &c, &text);
    report_golden_check("baseline.txt", text);
    free(text);
}

UNIT_TEST(other_machines_are_named)
{
    struct baseline_comparison c;
    char *text;
    snprintf(new_side.env.compiler, sizeof new_side.env.compiler, "clang 14");
    assert_int_equal(baseline_compare(&c, &old_side, &new_side, 5, NULL), 0);
    written(report_comparison_text, &c, &text);
    assert_says(text, "NOT COMPARABLE compiler: gcc 12.2.0, now clang 14");
    free(text);
    written(comparison_json, &c, &text);
    assert_says(text, "\"comparable\": false");
    free(text);
    baseline_comparison_free(&c);
}

/* A counter of scalar/4096, as a run leaves it. */
static void recount(struct baseline *b, double value, const char *reason)
{
    struct baseline_case *c = baseline_find(b, "qk256_dequant/scalar/4096");
    for (size_t i = 0; i < c->counter_count; i++)
        if (!strcmp(c->counters[i].name, "l1d_misses")) {
            c->counters[i].value = value;
            free(c->counters[i].reason);
            c->counters[i].reason = strdup(reason);
        }
}

UNIT_TEST(counters_of_a_stored_result)
{
    static const char papi[] = "counted by PAPI", perf[] = "counted by perf_event_open";
    struct baseline stored;
    struct baseline_comparison c;
    char *text, path[BASELINE_PATH];
    baseline_test_main(&stored);
    recount(&stored, 3.25, papi);
    struct qk_error err;
    assert_works(baseline_save(&stored, bench_test_path("stored"), path, &err), err);
    baseline_free(&stored);
    for (int same = 0; same < 2; same++) {
        assert_works(baseline_read(&stored, path, &err), err);
        recount(&new_side, 4.5, same ? papi : perf);
        assert_int_equal(baseline_compare(&c, &stored, &new_side, 5, NULL), 0);
        written(report_comparison_text, &c, &text);
        assert_non_null(strstr(text, same ? "l1d_misses  misses/1000 elements  3.25  4.5\n"
                                          : "l1d_misses  misses/1000 elements  3.25  4.5 [1]\n"));
        const char *note = strstr(text, "counted by PAPI, now by perf_event_open: ");
        assert_int_equal(note == NULL, same);
        free(text);
        written(comparison_json, &c, &text);
        assert_non_null(strstr(text, papi));
        assert_int_equal(strstr(text, perf) == NULL, same);
        free(text);
        baseline_comparison_free(&c);
        baseline_free(&stored);
    }
}

UNIT_TEST(full_stream)
{
    writer *const writers[] = {report_comparison_text, comparison_json, baseline_text};
    struct baseline_comparison c;
    assert_int_equal(baseline_compare(&c, &old_side, &new_side, 5, NULL), 0);
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        struct qk_error err;
        FILE *to = fopen("/dev/full", "w");
        assert_non_null(to);
        setvbuf(to, NULL, _IONBF, 0);
        assert_int_equal(writers[i](&c, to, &err), QK_ERR_IO);
        fclose(to);
    }
    baseline_comparison_free(&c);
}

UNIT_TESTS(compare, set_up, tear_down)
