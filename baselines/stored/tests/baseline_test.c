/* SPDX-License-Identifier: MIT */
/* Stored baselines: making one from launches, and the bytes of its file. */
#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/limits.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

UNIT_TEST(median_and_spread_of_launches)
{
    struct baseline b;
    baseline_test_main(&b);
    assert_int_equal(b.launches, 3);
    assert_true(b.quick);
    assert_int_equal(b.count, 5);
    for (size_t i = 1; i < b.count; i++)
        assert_true(strcmp(b.cases[i - 1].name, b.cases[i].name) < 0);
    const struct baseline_case *c = baseline_find(&b, "qk256_dequant/p4_permute/4096");
    assert_non_null(c);
    bench_test_near(c->speedup.value, 4 / 1.01);
    bench_test_near(c->speedup.low, 4 / 1.02);
    bench_test_near(c->speedup.high, 4);
    bench_test_near(c->spread, log(1.02));
    assert_null(c->spread_why);
    bench_test_near(c->ns, 1030 * 1.01 / 4);
    assert_string_equal(c->isa, "AVX2");
    assert_string_equal(c->phase, "4");
    assert_string_equal(c->flags, "-O3 -fno-tree-vectorize");
    c = baseline_find(&b, "qk256_dequant/scalar/256");
    assert_true(c->reference && c->speedup.value == 1 && c->spread == 0);
    assert_true(isnan(c->instructions) && strstr(c->instructions_why, "smallest shape"));
    baseline_free(&b);
}

UNIT_TEST(counters_and_instructions)
{
    struct baseline b;
    baseline_test_main(&b);
    const struct baseline_case *c = baseline_find(&b, "qk256_dequant/scalar/4096");
    assert_true(c->instructions == 123456789 && !c->instructions_why);
    assert_int_equal(c->kind_count, 2);
    assert_string_equal(c->kinds[0].name, "load");
    assert_true(c->kinds[0].value == 1000);
    assert_string_equal(c->kinds[1].name, "store");
    assert_int_equal(c->counter_count, 3); /* no share of a ceiling */
    bench_test_near(baseline_find_counter(c, "l1d_misses")->value, 3.25 * 1.01);
    assert_true(isnan(baseline_find_counter(c, "cycles")->value));
    assert_string_equal(baseline_find_counter(c, "cycles")->reason, "PAPI: Event does not exist");
    assert_true(isnan(baseline_find_counter(c, "ipc")->value)); /* counted, but "not validated" */
    assert_non_null(strstr(baseline_find_counter(c, "ipc")->reason, "not validated"));
    baseline_free(&b);
}

UNIT_TEST(components_of_the_breakdown)
{
    struct baseline b;
    double sum = 0;
    baseline_test_main(&b);
    const struct baseline_case *c = baseline_find(&b, "qk256_dequant/p4_permute/4096");
    assert_int_equal(c->component_count, 5);
    assert_null(c->components_why);
    assert_string_equal(c->components[2].name, "lookup");
    assert_true(fabs(c->components[2].ns.value - 60) < 2);
    assert_true(c->components[2].ns.low <= c->components[2].ns.value &&
                c->components[2].ns.value <= c->components[2].ns.high);
    for (size_t i = 0; i < 5; i++)
        sum += c->components[i].share;
    assert_true(fabs(sum - 100) < 1e-6);
    c = baseline_find(&b, "qk256_dequant/autovec_v3/4096");
    assert_int_equal(c->component_count, 0);
    assert_says(c->components_why, "not a staged variant");
    baseline_free(&b);
    baseline_test_fresh(&b, 1);
    c = baseline_find(&b, "qk256_dequant/p4_permute/4096");
    assert_string_equal(c->components_why, "none was made");
    assert_string_equal(c->spread_why, "one launch");
    baseline_free(&b);
}

UNIT_TEST(what_has_no_figures_is_absent)
{
    struct baseline b;
    baseline_test_main(&b);
    assert_int_equal(b.absent_count, 2);
    const struct baseline_absent *a = baseline_find_absent(&b, "qk256_dequant/p3_prefetch/4096");
    assert_true(a->failed && strstr(a->reason, "launch 1: timer \"stopped\""));
    a = baseline_find_absent(&b, "qk256_dequant/p2_fma/4096");
    assert_true(!a->failed && strstr(a->reason, "no AVX2 here"));
    baseline_free(&b);
}

UNIT_TEST(launches_must_belong_together)
{
    struct bench_sample_set sets[2];
    const struct bench_sample_set *const list[] = {&sets[0], &sets[1]};
    struct baseline b;
    struct qk_error err;
    bench_test_set(&sets[0]);
    bench_test_set(&sets[1]);
    assert_int_equal(baseline_make(&b, "a/b", list, 2, NULL, NULL, &err), QK_ERR_ARG);
    bench_environment_kernels(&sets[1].env, "BASE AVX2", "gcc 13.1.0");
    assert_int_equal(baseline_make(&b, "x", list, 2, NULL, NULL, &err), QK_ERR_INVALID);
    assert_non_null(strstr(err.text, sets[1].env.fingerprint));
    bench_environment_kernels(&sets[1].env, "BASE AVX2", "gcc 12.2.0");
    sets[1].records[0].metrics[0].value = 5;
    for (int l = 0; l < 2; l++) {
        struct bench_record *rec = &sets[l].records[0];
        assert_true(bench_record_add_metric(rec, "branches", "", 7, "counted by PAPI"));
        assert_true(bench_record_add_metric(rec, "cache_misses", "", 7,
                                            l ? "counted by perf_event_open" : "counted by PAPI"));
    }
    assert_int_equal(baseline_make(&b, "x", list, 2, NULL, NULL, &err), 0);
    const struct baseline_case *c = baseline_find(&b, "qk256_dequant/scalar/4096");
    assert_true(isnan(c->instructions) && strstr(c->instructions_why, "launch 2 5"));
    assert_true(baseline_find_counter(c, "branches")->value == 7 &&
                isnan(baseline_find_counter(c, "cache_misses")->value));
    assert_non_null(
        strstr(baseline_find_counter(c, "cache_misses")->reason, "by PAPI and another by the kernel"));
    assert_int_equal(c->kind_count, 0);
    baseline_free(&b);
    for (size_t i = 0; i < sets[0].record_count; i++)
        assert_true(bench_record_stop(&sets[0].records[i], BENCH_SKIP, "nothing here"));
    assert_int_equal(baseline_make(&b, "x", list, 1, NULL, NULL, &err), QK_ERR_INVALID);
    assert_says(err.text, "nothing here");
    bench_sample_set_free(&sets[0]);
    bench_sample_set_free(&sets[1]);
}

static char *written(const struct baseline *b, const char *name, size_t *size)
{
    const char *path = bench_test_path(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(baseline_write(b, f, NULL), 0);
    assert_int_equal(fclose(f), 0);
    return bench_test_get(path, size);
}

static void round_trip(struct baseline *b)
{
    struct baseline again;
    struct qk_error err = {.text = ""};
    size_t size[2];
    char *text[2];
    text[0] = written(b, "first", &size[0]);
    assert_works(baseline_read(&again, bench_test_path("first"), &err), err);
    text[1] = written(&again, "second", &size[1]);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(text[0], text[1], size[0]);
    free(text[0]);
    free(text[1]);
    baseline_free(&again);
}

/* Numbers that rounding could move: whole after it, tiny, large, negative, whole to 2^53. */
UNIT_TEST(same_bytes_after_reading)
{
    static const double odd[] = {2.0000001,          1234567.89, 1e-12, 0.1 + 0.2,
                                 9007199254740991.0, 3,          1e17,  123456.5};
    struct baseline b;
    baseline_test_main(&b);
    round_trip(&b);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct baseline_case *c = baseline_find(&b, "qk256_dequant/p4_permute/4096");
        c->speedup = (struct bench_interval){odd[i], odd[i] * 0.5, odd[i] * 1.5};
        c->ns = fmin(fmax(odd[i], BENCH_NS_LEAST), 1e14);
        c->spread = fmin(odd[i], 100);
        c->components[0].ns = (struct bench_interval){-c->ns, -2 * c->ns, c->ns};
        round_trip(&b);
    }
    baseline_free(&b);
}

UNIT_TEST(same_bytes_of_stored_files)
{
    static const char *const files[] = {STORED_FILES};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct baseline b;
        struct qk_error err = {.text = ""};
        size_t was_size, size;
        char *was = bench_test_get(files[i], &was_size);
        assert_works(baseline_read(&b, files[i], &err), err);
        char *text = written(&b, "again", &size);
        assert_int_equal(size, was_size);
        assert_memory_equal(text, was, size);
        free(text);
        free(was);
        baseline_free(&b);
    }
}

static void count_nowhere(struct baseline_case *c, const char *reason)
{
    assert_true(baseline_metric_add(&c->counters, &c->counter_count, "aaa", "per call", NAN, reason));
    qsort(c->counters, c->counter_count, sizeof *c->counters, baseline_by_name);
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

/* Said once where all cases agree, and in each case where one does not. No host is in the file. */
UNIT_TEST(what_no_case_has_is_said_once)
{
    for (int agree = 0; agree < 2; agree++) {
        struct baseline b, again;
        size_t size;
        baseline_test_main(&b);
        strcpy(b.env.host, "a-host-of-ours");
        for (size_t i = 0; i < b.count; i++)
            count_nowhere(&b.cases[i], i || agree ? "no such event" : "another reason");
        round_trip(&b);
        char *text = written(&b, "first", &size);
        assert_int_equal(times(text, "no such event"), agree ? 1 : b.count - 1);
        assert_null(strstr(text, "a-host-of-ours"));
        assert_int_equal(baseline_read(&again, bench_test_path("first"), NULL), 0);
        for (size_t i = 0; i < b.count; i++) {
            assert_int_equal(again.cases[i].counter_count, b.cases[i].counter_count);
            assert_string_equal(again.cases[i].counters[0].reason, b.cases[i].counters[0].reason);
            assert_true(isnan(again.cases[i].counters[0].value));
        }
        free(text);
        baseline_free(&again);
        baseline_free(&b);
    }
}

/* Puts `to` in the place of the first `from` of a text that has room for it. */
static void exchange(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    assert_non_null(at);
    memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    memcpy(at, to, strlen(to));
}

/* Version 1 named the host and had no `uncounted`. */
UNIT_TEST(a_file_of_version_1_is_read)
{
    struct baseline b, again;
    size_t size, again_size;
    baseline_test_main(&b);
    char *text = written(&b, "now", &size), *old = malloc(size + 100);
    assert_non_null(old);
    strcpy(old, text);
    exchange(old, "\"schema_version\": 2", "\"schema_version\": 1");
    exchange(old, "\"shown\": {", "\"shown\": {\"host\": \"an-old-host\", ");
    exchange(old, "\"uncounted\": {},\n", "");
    FILE *f = fopen(bench_test_path("old"), "w");
    assert_non_null(f);
    assert_true(fputs(old, f) >= 0 && !fclose(f));
    free(old);
    assert_int_equal(baseline_read(&again, bench_test_path("old"), NULL), 0);
    char *anew = written(&again, "anew", &again_size);
    assert_string_equal(anew, text);
    free(anew);
    free(text);
    baseline_free(&again);
    baseline_free(&b);
}

UNIT_TEST(accepted)
{
    struct baseline b, fresh;
    struct qk_error err = {.text = ""};
    size_t changed;
    baseline_test_main(&b);
    baseline_test_fresh(&fresh, 1.01);
    assert_int_equal(baseline_accept(&b, &fresh, "why", "2026-02-03T04:05:06Z", &changed, &err), 0);
    assert_int_equal(changed, 0); /* within the spread of the launches */
    baseline_free(&fresh);
    baseline_test_fresh(&fresh, 1.25);
    baseline_find(&fresh, "qk256_dequant/p1_unpack/4096")->speedup =
        baseline_find(&b, "qk256_dequant/p1_unpack/4096")->speedup;
    snprintf(fresh.env.commit, sizeof fresh.env.commit, "newer");
    snprintf(baseline_find(&fresh, "qk256_dequant/autovec_v3/4096")->name, BASELINE_NAME,
             "qk256_dequant/aaa/4096");
    assert_int_equal(baseline_accept(&b, &fresh, "", "d", &changed, &err), QK_ERR_ARG);
    assert_int_equal(baseline_accept(&b, &fresh, "all new", "2026-02-03T04:05:06Z", &changed, &err), 0);
    assert_int_equal(changed, 2); /* p4_permute and the new aaa */
    assert_int_equal(b.count, 6);
    const struct baseline_case *c = baseline_find(&b, "qk256_dequant/p4_permute/4096");
    bench_test_near(c->speedup.value, 4 / 1.25);
    bench_test_near(c->spread, log(1.02)); /* kept */
    assert_int_equal(c->history_count, 1);
    bench_test_near(c->history[0].speedup.value, 4 / 1.01);
    assert_string_equal(c->history[0].reason, "all new");
    assert_string_equal(c->history[0].date, "2026-02-03T04:05:06Z");
    assert_string_equal(c->history[0].commit, "newer");
    assert_int_equal(baseline_find(&b, "qk256_dequant/p1_unpack/4096")->history_count, 0);
    assert_non_null(baseline_find(&b, "qk256_dequant/autovec_v3/4096"));
    assert_non_null(baseline_find(&b, "qk256_dequant/aaa/4096"));
    round_trip(&b);
    bench_environment_kernels(&fresh.env, "BASE AVX2", "clang 14");
    assert_int_equal(baseline_accept(&b, &fresh, "why", "d", &changed, &err), QK_ERR_INVALID);
    assert_says(err.text, "compiler: gcc 12.2.0, now clang 14");
    baseline_free(&fresh);
    baseline_free(&b);
}

UNIT_TESTS(baseline, bench_test_dir_make, bench_test_dir_remove)
