/* SPDX-License-Identifier: MIT */
/* The gate's verdicts against a stored baseline, on baselines and policies made by hand. */
#include "baselines/stored/compare.h"
#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <string.h>

#define P4 "qk256_dequant/p4_permute/4096"

struct sides {
    struct baseline base, fresh;
    struct baseline_policy policy;
    struct baseline_report report;
};

/* Both sides known to 0.1 %, so that the change alone decides; the launches of the base agree. */
static void start(struct sides *s, double slower)
{
    baseline_test_main(&s->base);
    baseline_test_main(&s->fresh);
    s->policy = (struct baseline_policy){.stored = {.ignorable = 0.02, .must_catch = 0.05},
                                         .spread_factor = 2,
                                         .component_share = 5,
                                         .instructions = BASELINE_CHANGE_WARN};
    for (size_t i = 0; i < s->base.count; i++) {
        struct baseline_case *a = &s->base.cases[i], *b = &s->fresh.cases[i];
        if (a->reference)
            continue;
        a->spread = 0;
        a->speedup = (struct bench_interval){4, 4 * exp(-0.001), 4 * exp(0.001)};
        b->speedup = (struct bench_interval){4 / slower, 4 / slower * exp(-0.001), 4 / slower * exp(0.001)};
    }
}

static void judge(struct sides *s)
{
    struct qk_error err = {.text = ""};
    baseline_report_free(&s->report);
    if (baseline_judge_stored(&s->base, &s->fresh, &s->policy, &s->report, &err))
        fail_msg("%s", err.text);
}

static void stop(struct sides *s)
{
    baseline_report_free(&s->report);
    baseline_free(&s->base);
    baseline_free(&s->fresh);
}

static const struct baseline_result *result(const struct sides *s, const char *name)
{
    for (size_t i = 0; i < s->report.count; i++)
        if (!strcmp(s->report.results[i].name, name))
            return &s->report.results[i];
    return NULL;
}

static void expect(struct sides *s, const char *name, enum baseline_verdict v, const char *reason)
{
    judge(s);
    const struct baseline_result *r = result(s, name);
    if (!r)
        fail_msg("no result of %s", name);
    else if (r->verdict != v || !strstr(r->reason, reason))
        fail_msg("%s: found %s '%s', expected %s '%s'", name, baseline_verdict_names[r->verdict], r->reason,
                 baseline_verdict_names[v], reason);
}

UNIT_TEST(both_margins)
{
    static const struct {
        double slower;
        enum baseline_verdict v;
    } cases[] = {{0.8, BASELINE_PASS},        {1, BASELINE_PASS},      {1.018, BASELINE_PASS},
                 {1.03, BASELINE_WARN},       {1.0495, BASELINE_WARN}, {1.0505, BASELINE_WARN},
                 {1.06, BASELINE_REGRESSION}, {2, BASELINE_REGRESSION}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sides s = {0};
        start(&s, cases[i].slower);
        expect(&s, P4, cases[i].v, "");
        const struct baseline_result *r = result(&s, P4);
        assert_true(r->timed && fabs(r->ratio.value - cases[i].slower) < 1e-9);
        assert_true(r->ratio.low < r->ratio.value && r->ratio.value < r->ratio.high);
        assert_true(fabs(r->ignorable - 0.02) < 1e-9 && fabs(r->must_catch - 0.05) < 1e-9);
        stop(&s);
    }
}

UNIT_TEST(wide_intervals_are_inconclusive)
{
    struct sides s = {0};
    start(&s, 1.03);
    struct baseline_case *c = baseline_find(&s.fresh, P4);
    c->speedup.low *= 0.9;
    c->speedup.high *= 1.1;
    expect(&s, P4, BASELINE_INCONCLUSIVE, "");
    c->speedup.low = c->speedup.high = NAN;
    expect(&s, P4, BASELINE_INCONCLUSIVE, "too few blocks");
    stop(&s);
}

UNIT_TEST(margins_grow_with_the_spread)
{
    struct sides s = {0};
    start(&s, 1.06);
    struct baseline_case *c = baseline_find(&s.base, P4);
    expect(&s, P4, BASELINE_REGRESSION, "");
    c->spread = 0.02; /* 4 %: ignorable grows, must-catch does not */
    expect(&s, P4, BASELINE_REGRESSION, "launches of the baseline");
    assert_true(fabs(log1p(result(&s, P4)->ignorable) - 0.04) < 1e-9);
    assert_true(fabs(result(&s, P4)->must_catch - 0.05) < 1e-9);
    c->spread = 0.05;
    expect(&s, P4, BASELINE_PASS, "launches of the baseline");
    assert_true(fabs(log1p(result(&s, P4)->must_catch) - 0.1) < 1e-9);
    c->spread = NAN;
    expect(&s, P4, BASELINE_REGRESSION, "");
    stop(&s);
}

UNIT_TEST(a_component_that_grew_is_named)
{
    struct sides s = {0};
    start(&s, 1.2);
    struct baseline_case *c = baseline_find(&s.fresh, P4);
    const double share = c->components[2].share;
    expect(&s, P4, BASELINE_REGRESSION, "");
    assert_null(strstr(result(&s, P4)->reason, "grew"));
    baseline_test_grow(c, 2, 12.5);
    expect(&s, P4, BASELINE_REGRESSION, "lookup grew from");
    const struct baseline_result *r = result(&s, P4);
    assert_null(strstr(r->reason, "loop grew"));
    assert_int_equal(r->component_count, 5);
    assert_true(r->components[2].grew && fabs(r->components[2].new_share - share - 12.5) < 1e-9);
    stop(&s);
}

UNIT_TEST(a_changed_instruction_count)
{
    struct sides s = {0};
    start(&s, 1);
    struct baseline_case *a = baseline_find(&s.base, P4), *b = baseline_find(&s.fresh, P4);
    a->instructions = 225;
    b->instructions = 226;
    expect(&s, P4, BASELINE_WARN, "instructions: 225, now 226");
    s.policy.instructions = BASELINE_CHANGE_IGNORE;
    expect(&s, P4, BASELINE_PASS, "");
    s.policy.instructions = BASELINE_CHANGE_REGRESSION;
    expect(&s, P4, BASELINE_REGRESSION, "now 226");
    assert_true(result(&s, P4)->old_instructions == 225 && result(&s, P4)->new_instructions == 226);
    /* A reference is no result, unless its instructions changed: that moves every speed-up. */
    assert_null(result(&s, "qk256_dequant/scalar/4096"));
    s.policy.instructions = BASELINE_CHANGE_WARN;
    baseline_find(&s.fresh, "qk256_dequant/scalar/4096")->instructions++;
    expect(&s, "qk256_dequant/scalar/4096", BASELINE_WARN, "the reference");
    /* A warning must not hide that the time is not known. */
    b->speedup.low = b->speedup.high = NAN;
    expect(&s, P4, BASELINE_INCONCLUSIVE, "now 226");
    stop(&s);
}

UNIT_TEST(missing_new_removed_failed)
{
    struct baseline_removed removed = {"qk256_dequant/gone/*", "not wanted any more"};
    struct sides s = {0};
    start(&s, 1);
    s.policy.removed = &removed;
    s.policy.removed_count = 1;
    strcpy(baseline_find(&s.base, "qk256_dequant/autovec_v3/4096")->name, "qk256_dequant/gone/4096");
    strcpy(baseline_find(&s.base, "qk256_dequant/p1_unpack/4096")->name, "qk256_dequant/lost/4096");
    expect(&s, "qk256_dequant/gone/4096", BASELINE_REMOVED, "not wanted any more");
    expect(&s, "qk256_dequant/lost/4096", BASELINE_MISSING, "");
    expect(&s, "qk256_dequant/p1_unpack/4096", BASELINE_NEW, "");
    strcpy(baseline_find(&s.base, "qk256_dequant/lost/4096")->name, "qk256_dequant/p2_fma/4096");
    expect(&s, "qk256_dequant/p2_fma/4096", BASELINE_MISSING, "no AVX2 here");
    /* One that failed its check is INVALID, whether the base knows it or not. */
    expect(&s, "qk256_dequant/p3_prefetch/4096", BASELINE_INVALID, "timer \"stopped\"");
    strcpy(baseline_find(&s.base, "qk256_dequant/p2_fma/4096")->name, "qk256_dequant/p3_prefetch/4096");
    expect(&s, "qk256_dequant/p3_prefetch/4096", BASELINE_INVALID, "timer \"stopped\"");
    baseline_report_judge(&s.report);
    assert_int_equal(baseline_report_exit(&s.report), 5);
    stop(&s);
}

UNIT_TEST(another_machine_is_invalid)
{
    struct sides s = {0};
    start(&s, 1);
    s.fresh.env.cpu_model++;
    bench_environment_kernels(&s.fresh.env, "BASE", "gcc 12.2.0");
    expect(&s, P4, BASELINE_INVALID, "another machine or toolchain");
    for (size_t i = 0; i < s.report.count; i++)
        assert_true(s.report.results[i].verdict == BASELINE_INVALID && !s.report.results[i].timed);
    assert_non_null(strstr(s.report.reason, "CPU model: "));
    assert_non_null(strstr(s.report.reason, "ISA levels in use: BASE AVX2, now BASE"));
    baseline_report_judge(&s.report);
    assert_int_equal(s.report.verdict, BASELINE_INVALID);
    stop(&s);
    memset(&s, 0, sizeof s);
    start(&s, 1);
    strcpy(baseline_find(&s.fresh, P4)->flags, "-O1");
    expect(&s, P4, BASELINE_INVALID, "");
    assert_non_null(strstr(s.report.reason, "flags of qk256_dequant/p4_permute"));
    stop(&s);
    memset(&s, 0, sizeof s);
    start(&s, 1);
    s.fresh.abi++;
    expect(&s, P4, BASELINE_INVALID, "");
    assert_non_null(strstr(s.report.reason, "kernel ABI: 1, now 2"));
    stop(&s);
    memset(&s, 0, sizeof s);
    start(&s, 1);
    strcpy(s.fresh.env.kernel, "Linux 99");
    strcpy(s.fresh.env.governor, "powersave");
    expect(&s, P4, BASELINE_PASS, "");
    assert_string_equal(s.report.reason, "");
    stop(&s);
}

static bool no_variants(void *ctx, const char *name)
{
    (void)ctx;
    return strstr(name, "/scalar/") != NULL;
}

UNIT_TEST(references_and_new_cases_are_nothing)
{
    struct sides s = {0};
    struct qk_error err;
    start(&s, 1);
    s.policy.instructions = BASELINE_CHANGE_IGNORE;
    baseline_find(&s.fresh, "qk256_dequant/scalar/4096")->instructions++;
    baseline_keep(&s.base, no_variants, NULL);
    assert_int_equal(baseline_judge_stored(&s.base, &s.fresh, &s.policy, &s.report, &err), QK_ERR_INVALID);
    stop(&s);
}

UNIT_TEST(references_alone_are_nothing)
{
    struct sides s = {0};
    struct qk_error err;
    start(&s, 1);
    baseline_keep(&s.base, no_variants, NULL);
    baseline_keep(&s.fresh, no_variants, NULL);
    assert_int_equal(s.base.count, 2);
    assert_int_equal(s.fresh.absent_count, 0);
    assert_int_equal(baseline_judge_stored(&s.base, &s.fresh, &s.policy, &s.report, &err), QK_ERR_INVALID);
    stop(&s);
}

TEST_PART(judge)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_margins),
        cmocka_unit_test(wide_intervals_are_inconclusive),
        cmocka_unit_test(margins_grow_with_the_spread),
        cmocka_unit_test(a_component_that_grew_is_named),
        cmocka_unit_test(a_changed_instruction_count),
        cmocka_unit_test(missing_new_removed_failed),
        cmocka_unit_test(another_machine_is_invalid),
        cmocka_unit_test(references_alone_are_nothing),
        cmocka_unit_test(references_and_new_cases_are_nothing),
    };
    return cmocka_run_group_tests_name("baselines/judge_stored", tests, NULL, NULL);
}
