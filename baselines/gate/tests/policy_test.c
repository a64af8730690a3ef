/* SPDX-License-Identifier: MIT */
#include "baselines/gate/suite.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct baseline_policy policy_of(const char *path)
{
    struct baseline_policy p;
    struct qk_error err = {.text = ""};
    assert_works(baseline_policy_read(&p, path, &err), err);
    return p;
}

UNIT_TEST(the_built_in_copy_is_the_file)
{
    struct baseline_policy built_in = policy_of(NULL), file = policy_of(POLICY_JSON);
    assert_string_equal(built_in.source, "built in");
    assert_string_equal(file.source, POLICY_JSON);
    assert_true(json_equal(built_in.json, file.json));
    baseline_policy_free(&built_in);
    baseline_policy_free(&file);
}

UNIT_TEST(the_shipped_policy_says_what_was_agreed)
{
    struct baseline_policy p = policy_of(NULL);
    assert_true(p.alpha == 0.001 && p.launches == 5 && p.isa[0] == '\0' && p.removed_count == 0);
    const struct baseline_margins *m = baseline_policy_margins(&p, "qk256_dequant/scalar/4096", "cache");
    assert_true(m && m->ignorable == 0.002 && m->must_catch == 0.008 && m->mean == 0.05);
    m = baseline_policy_margins(&p, "qk256_dequant/scalar/4096", "dram");
    assert_true(m && m->ignorable == 0.005 && m->must_catch == 0.016 && m->mean == 0.1);
    m = baseline_policy_margins(&p, "e2e/generate/synth:bitnet-2b/4", "e2e");
    assert_true(m && m->ignorable == 0.005 && m->must_catch == 0.016 && m->mean == 0.1 && p.e2e_s == 60);
    assert_true(p.stored.ignorable == 0.02 && p.stored.must_catch == 0.05 && p.stored.mean == 0 &&
                p.spread_factor == 2);
    assert_int_equal(p.instructions, BASELINE_CHANGE_WARN);
    assert_int_equal(p.speedup_count, 1);
    assert_string_equal(p.speedups[0].over, "scalar");
    assert_true(p.speedups[0].at_least == 3);
    assert_true(baseline_case_matches(p.speedups[0].cases, "qk256_dequant/p4_permute/4096"));
    assert_null(baseline_policy_suite(&p, "slow"));
    baseline_policy_free(&p);
}

/* Whatever can run here, and however large this machine's caches are. */
static struct baseline_suite_cases expand(const struct baseline_suite *suite, size_t from, size_t count)
{
    const struct bench_environment env = {
        .caches = {{1, "Data", 32 << 10, 1}, {2, "Unified", 1 << 20, 1}, {3, "Unified", 32 << 20, 1}},
        .cache_count = 3};
    const char *entries[100];
    struct baseline_suite_cases all;
    struct qk_error err = {.text = ""};
    struct qk_cpu isa;
    memset(isa.present, true, sizeof isa.present);
    const struct baseline_suite_config cfg = {qk_table_builtin(), qk_table_builtin(), &isa, &env, ""};
    for (size_t i = 0; i < count; i++)
        entries[i] = suite->cases[from + i];
    if (baseline_suite_expand(&all, entries, count, &cfg, &err) != 0)
        fail_msg("%s: %s: %s", suite->name, err.where, err.text);
    return all;
}

UNIT_TEST(suites_are_as_large_as_they_say)
{
    static const char *const suites[] = {"quick", "full"};
    struct baseline_policy p = policy_of(NULL);
    for (int s = 0; s < 2; s++) {
        const struct baseline_suite *suite = baseline_policy_suite(&p, suites[s]);
        bool found = false;
        size_t dram = 0;
        assert_non_null(suite);
        for (size_t i = 0; i < suite->count; i++) { /* each adds a case */
            struct baseline_suite_cases one = expand(suite, i, 1);
            dram += strstr(suite->cases[i], "/@DRAM") ? one.count : 0;
            baseline_suite_free(&one);
        }
        struct baseline_suite_cases all = expand(suite, 0, suite->count);
        print_message("# %s: %zu cases, %zu of them @DRAM\n", suite->name, all.count, dram);
        assert_true(s ? all.count >= 60 && dram >= 2 : all.count == 10 && dram == 2);
        for (size_t i = 0; i < all.count; i++) {
            assert_null(strstr(all.cases[i].name, "ceiling_"));
            found |= !strcmp(all.cases[i].name, "qk256_dequant/p4_permute/4096");
        }
        assert_true(found);
        baseline_suite_free(&all);
    }
    baseline_policy_free(&p);
}

UNIT_TEST(globs_are_compared_part_by_part)
{
    static const struct {
        const char *glob, *name;
        bool matches;
    } pairs[] = {
        {"*", "op/v/1", true},
        {"op", "op/v/1", true},
        {"op/v", "op/v/1", true},
        {"op/v/1", "op/v/1", true},
        {"op/v/1", "op/v/12", false},
        {"op/*", "opp/v/1", false},
        {"*/1", "op/v/1", false}, /* a * does not cross a slash */
        {"*/*/1", "op/v/1", true},
        {"op/p[34]_*/*", "op/p3_x/1", true},
        {"op/p[34]_*/*", "op/p2_x/1", false},
        {"op/v/*", "op/v/2x3@blk.0/up", true}, /* but a shape may have some */
        {"op/v/2x3@*", "op/v/2x3@blk.0/up", true},
        {"op/v/2x3@blk.0/down", "op/v/2x3@blk.0/up", false},
        {"v", "op/v/1", false},
    };
    char long_name[600];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (baseline_case_matches(pairs[i].glob, pairs[i].name) != pairs[i].matches)
            fail_msg("%s on %s", pairs[i].glob, pairs[i].name);
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_false(baseline_case_matches("*", long_name));
    assert_false(baseline_case_matches(long_name, "op/v/1"));
}

/* The shipped policy with its margins, speed-ups and removed cases replaced, in a file. */
static const char *changed_policy(const char *margins, const char *speedups, const char *removed)
{
    const char *path = bench_test_path("policy.json");
    json_t *json = json_load_file(POLICY_JSON, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_object_set_new(json, "margins", json_loads(margins, 0, NULL)), 0);
    assert_int_equal(json_object_set_new(json, "speedups", json_loads(speedups, 0, NULL)), 0);
    assert_int_equal(json_object_set_new(json, "removed", json_loads(removed, 0, NULL)), 0);
    assert_int_equal(json_dump_file(json, path, 0), 0);
    json_decref(json);
    return path;
}

#define MARGIN(cases, more, ignorable)                                                                       \
    "{\"cases\": \"" cases "\"" more ", \"ignorable\": " ignorable ", \"must_catch\": 0.5}"
#define SPEEDUP(cases) "{\"cases\": \"" cases "\", \"over\": \"scalar\", \"at_least\": 2}"

static double ignorable_of(const struct baseline_policy *p, const char *name, const char *memory)
{
    const struct baseline_margins *m = baseline_policy_margins(p, name, memory);
    return m ? m->ignorable : NAN;
}

UNIT_TEST(the_last_rule_that_matches_counts)
{
    struct baseline_policy p = policy_of(changed_policy(
        "[" MARGIN("a", "", "0.1") "," MARGIN("*/v", "", "0.2") "," MARGIN("a", ", \"memory\": \"dram\"",
                                                                           "0.3") "]",
        "[]", "[{\"cases\": \"a/old\", \"reason\": \"r\"}, {\"cases\": \"a/old/1\", \"reason\": \"s\"}]"));
    assert_true(ignorable_of(&p, "a/w/1", "cache") == 0.1);
    assert_true(ignorable_of(&p, "a/v/1", "cache") == 0.2);
    assert_true(ignorable_of(&p, "a/v/1", "dram") == 0.3);
    assert_true(ignorable_of(&p, "b/v/1", "dram") == 0.2);
    assert_true(ignorable_of(&p, "a/v/1", "") == 0.2); /* memory not known: no rule about memory */
    assert_null(baseline_policy_margins(&p, "b/w/1", "dram"));
    assert_string_equal(baseline_policy_removed(&p, "a/old/1"), "r");
    assert_null(baseline_policy_removed(&p, "a/new/1"));
    baseline_policy_free(&p);
}

static double mean_of(const struct baseline_policy *p, const char *name, const char *memory)
{
    const struct baseline_margins *m = baseline_policy_margins(p, name, memory);
    return m ? m->mean : NAN;
}

/* As policies were before there was a mean. */
UNIT_TEST(a_rule_without_a_mean_has_the_usual_one)
{
    struct baseline_policy p = policy_of(changed_policy(
        "[{\"cases\": \"a\", \"ignorable\": 0, \"must_catch\": 0.01}, {\"cases\": \"b\", \"ignorable\": 0, "
        "\"must_catch\": 0.07}, {\"cases\": \"c\", \"ignorable\": 0, \"must_catch\": 0.01, \"mean\": 0.02}]",
        "[]", "[]"));
    assert_true(mean_of(&p, "a/v/1", "cache") == 0.05 && mean_of(&p, "a/v/1", "dram") == 0.1);
    assert_true(mean_of(&p, "b/v/1", "cache") == 0.07 && mean_of(&p, "b/v/1", "dram") == 0.1);
    assert_true(mean_of(&p, "c/v/1", "cache") == 0.02 && mean_of(&p, "c/v/1", "dram") == 0.02);
    baseline_policy_free(&p);
}

UNIT_TEST(a_rule_that_matches_nothing_is_an_error)
{
    struct qk_error err = {.text = ""};
    struct baseline_policy p = policy_of(
        changed_policy("[" MARGIN("a", "", "0.1") "," MARGIN("a", ", \"memory\": \"dram\"", "0.3") "]",
                       "[" SPEEDUP("a/v") "," SPEEDUP("a/w/7") "]", "[]"));
    assert_int_equal(baseline_policy_unmatched(&p, &err), QK_ERR_INVALID);
    assert_string_equal(err.where, "$.margins[0].cases");
    baseline_policy_match_case(&p, "a/v/1", "cache");
    assert_int_equal(baseline_policy_unmatched(&p, &err), QK_ERR_INVALID);
    assert_string_equal(err.where, "$.margins[1].cases");
    assert_says(err.text, "found a rule for 'a' in dram, which no case matches");
    assert_says(err.text, "policy.json");
    baseline_policy_match_case(&p, "a/v/1", "dram");
    assert_int_equal(baseline_policy_unmatched(&p, &err), QK_ERR_INVALID);
    assert_string_equal(err.where, "$.speedups[1].cases");
    assert_says(err.text, "'a/w/7', which");
    baseline_policy_match_case(&p, "a/w/7", "cache");
    assert_int_equal(baseline_policy_unmatched(&p, &err), 0);
    /* one that a later rule always overrules still matches */
    assert_int_equal(p.margins[0].matched, 3);
    baseline_policy_free(&p);
}

/* One byte wrong, everywhere: whatever comes of it, it is an answer. */
UNIT_TEST(a_damaged_policy_is_no_crash)
{
    static const char damage[] = {'"', '}', '\\', '-', '9', '/', '\0', '\x80'};
    size_t size, refused = 0, tried = 0;
    char *text = bench_test_get(POLICY_JSON, &size);
    const char *path = bench_test_path("damaged.json");
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) {
        const char good = text[i];
        struct baseline_policy p;
        struct qk_error err = {.text = ""};
        text[i] = damage[i % sizeof damage];
        bench_test_put(path, text, size);
        const int code = baseline_policy_read(&p, path, &err);
        if (code == 0)
            baseline_policy_free(&p);
        else if (code != QK_ERR_FORMAT || !*err.text || !*err.where || p.json)
            fail_msg("byte %zu: %d, \"%s\" at \"%s\"", i, code, err.text, err.where);
        refused += code != 0;
        tried++;
        text[i] = good;
    }
    assert_true(refused > tried / 4);
    free(text);
}

UNIT_TESTS(policy, bench_test_dir_make, bench_test_dir_remove)
