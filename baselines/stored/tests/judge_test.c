/* SPDX-License-Identifier: MIT */
/* The gate's verdicts against a stored baseline, on baselines and policies made by hand. */
#include "baselines/stored/compare.h"
#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <string.h>

#define P4 "qk256_dequant/p4_permute/4096"

static struct {
    struct baseline base, fresh;
    struct baseline_policy policy;
    struct baseline_report report;
} s;

UNIT_FIXTURE(stop)
{
    baseline_report_free(&s.report);
    baseline_free(&s.base);
    baseline_free(&s.fresh);
    return 0;
}

/* Both sides known to 0.1 %, so that the change alone decides; the launches of the base agree. */
static void start(double slower)
{
    stop(NULL);
    baseline_test_main(&s.base);
    baseline_test_main(&s.fresh);
    s.policy = (struct baseline_policy){.stored = {.ignorable = 0.02, .must_catch = 0.05},
                                        .spread_factor = 2,
                                        .component_share = 5,
                                        .instructions = BASELINE_CHANGE_WARN};
    for (size_t i = 0; i < s.base.count; i++) {
        struct baseline_case *a = &s.base.cases[i], *b = &s.fresh.cases[i];
        if (a->reference)
            continue;
        a->spread = 0;
        a->speedup = (struct bench_interval){4, 4 * exp(-0.001), 4 * exp(0.001)};
        b->speedup = (struct bench_interval){4 / slower, 4 / slower * exp(-0.001), 4 / slower * exp(0.001)};
    }
}

static void judge(void)
{
    struct qk_error err = {.text = ""};
    baseline_report_free(&s.report);
    assert_works(baseline_judge_stored(&s.base, &s.fresh, &s.policy, &s.report, &err), err);
}

static const struct baseline_result *result(const char *name)
{
    for (size_t i = 0; i < s.report.count; i++)
        if (!strcmp(s.report.results[i].name, name))
            return &s.report.results[i];
    return NULL;
}

static void expect(const char *name, enum baseline_verdict v, const char *reason)
{
    judge();
    const struct baseline_result *r = result(name);
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
        start(cases[i].slower);
        expect(P4, cases[i].v, "");
        const struct baseline_result *r = result(P4);
        assert_true(r->timed && fabs(r->ratio.value - cases[i].slower) < 1e-9);
        assert_true(r->ratio.low < r->ratio.value && r->ratio.value < r->ratio.high);
        assert_true(fabs(r->ignorable - 0.02) < 1e-9 && fabs(r->must_catch - 0.05) < 1e-9);
    }
}

UNIT_TEST(wide_intervals_are_inconclusive)
{
    start(1.03);
    struct baseline_case *c = baseline_find(&s.fresh, P4);
    c->speedup.low *= 0.9;
    c->speedup.high *= 1.1;
    expect(P4, BASELINE_INCONCLUSIVE, "");
    c->speedup.low = c->speedup.high = NAN;
    expect(P4, BASELINE_INCONCLUSIVE, "too few blocks");
}

UNIT_TEST(margins_grow_with_the_spread)
{
    start(1.06);
    struct baseline_case *c = baseline_find(&s.base, P4);
    expect(P4, BASELINE_REGRESSION, "");
    c->spread = 0.02; /* 4 %: ignorable grows, must-catch does not */
    expect(P4, BASELINE_REGRESSION, "launches of the baseline");
    assert_true(fabs(log1p(result(P4)->ignorable) - 0.04) < 1e-9);
    assert_true(fabs(result(P4)->must_catch - 0.05) < 1e-9);
    c->spread = 0.05;
    expect(P4, BASELINE_PASS, "launches of the baseline");
    assert_true(fabs(log1p(result(P4)->must_catch) - 0.1) < 1e-9);
    c->spread = NAN;
    expect(P4, BASELINE_REGRESSION, "");
}

UNIT_TEST(a_component_that_grew_is_named)
{
    start(1.2);
    struct baseline_case *c = baseline_find(&s.fresh, P4);
    const double share = c->components[2].share;
    expect(P4, BASELINE_REGRESSION, "");
    assert_null(strstr(result(P4)->reason, "grew"));
    baseline_test_grow(c, 2, 12.5);
    expect(P4, BASELINE_REGRESSION, "lookup grew from");
    const struct baseline_result *r = result(P4);
    assert_null(strstr(r->reason, "loop grew"));
    assert_int_equal(r->component_count, 5);
    assert_true(r->components[2].grew && fabs(r->components[2].new_share - share - 12.5) < 1e-9);
}

UNIT_TEST(a_changed_instruction_count)
{
    start(1);
    struct baseline_case *a = baseline_find(&s.base, P4), *b = baseline_find(&s.fresh, P4);
    a->instructions = 225;
    b->instructions = 226;
    expect(P4, BASELINE_WARN, "instructions: 225, now 226");
    s.policy.instructions = BASELINE_CHANGE_IGNORE;
    expect(P4, BASELINE_PASS, "");
    s.policy.instructions = BASELINE_CHANGE_REGRESSION;
    expect(P4, BASELINE_REGRESSION, "now 226");
    assert_true(result(P4)->old_instructions == 225 && result(P4)->new_instructions == 226);
    /* A reference is no result, unless its instructions changed: that moves every speed-up. */
    assert_null(result("qk256_dequant/scalar/4096"));
    s.policy.instructions = BASELINE_CHANGE_WARN;
    baseline_find(&s.fresh, "qk256_dequant/scalar/4096")->instructions++;
    expect("qk256_dequant/scalar/4096", BASELINE_WARN, "the reference");
    /* A warning must not hide that the time is not known. */
    b->speedup.low = b->speedup.high = NAN;
    expect(P4, BASELINE_INCONCLUSIVE, "now 226");
}

UNIT_TEST(missing_new_removed_failed)
{
    struct baseline_removed removed = {"qk256_dequant/gone/*", "not wanted any more"};
    start(1);
    s.policy.removed = &removed;
    s.policy.removed_count = 1;
    strcpy(baseline_find(&s.base, "qk256_dequant/autovec_v3/4096")->name, "qk256_dequant/gone/4096");
    strcpy(baseline_find(&s.base, "qk256_dequant/p1_unpack/4096")->name, "qk256_dequant/lost/4096");
    expect("qk256_dequant/gone/4096", BASELINE_REMOVED, "not wanted any more");
    expect("qk256_dequant/lost/4096", BASELINE_MISSING, "");
    expect("qk256_dequant/p1_unpack/4096", BASELINE_NEW, "");
    strcpy(baseline_find(&s.base, "qk256_dequant/lost/4096")->name, "qk256_dequant/p2_fma/4096");
    expect("qk256_dequant/p2_fma/4096", BASELINE_MISSING, "no AVX2 here");
    /* One that failed its check is INVALID, whether the base knows it or not. */
    expect("qk256_dequant/p3_prefetch/4096", BASELINE_INVALID, "timer \"stopped\"");
    strcpy(baseline_find(&s.base, "qk256_dequant/p2_fma/4096")->name, "qk256_dequant/p3_prefetch/4096");
    expect("qk256_dequant/p3_prefetch/4096", BASELINE_INVALID, "timer \"stopped\"");
    baseline_report_judge(&s.report);
    assert_int_equal(baseline_report_exit(&s.report), 5);
}

UNIT_TEST(another_machine_is_invalid)
{
    start(1);
    s.fresh.env.cpu_model++;
    bench_environment_kernels(&s.fresh.env, "BASE", "gcc 12.2.0");
    expect(P4, BASELINE_INVALID, "another machine or toolchain");
    for (size_t i = 0; i < s.report.count; i++)
        assert_true(s.report.results[i].verdict == BASELINE_INVALID && !s.report.results[i].timed);
    assert_says(s.report.reason, "CPU model: ");
    assert_says(s.report.reason, "ISA levels in use: BASE AVX2, now BASE");
    baseline_report_judge(&s.report);
    assert_int_equal(s.report.verdict, BASELINE_INVALID);
    start(1);
    strcpy(baseline_find(&s.fresh, P4)->flags, "-O1");
    expect(P4, BASELINE_INVALID, "");
    assert_says(s.report.reason, "flags of qk256_dequant/p4_permute");
    start(1);
    s.fresh.abi++;
    expect(P4, BASELINE_INVALID, "");
    assert_says(s.report.reason, "kernel ABI: 1, now 2");
    start(1);
    strcpy(s.fresh.env.kernel, "Linux 99");
    strcpy(s.fresh.env.governor, "powersave");
    expect(P4, BASELINE_PASS, "");
    assert_string_equal(s.report.reason, "");
}

static bool no_variants(void *ctx, const char *name)
{
    (void)ctx;
    return strstr(name, "/scalar/") != NULL;
}

UNIT_TEST(references_and_new_cases_are_nothing)
{
    struct qk_error err;
    start(1);
    s.policy.instructions = BASELINE_CHANGE_IGNORE;
    baseline_find(&s.fresh, "qk256_dequant/scalar/4096")->instructions++;
    baseline_keep(&s.base, no_variants, NULL);
    assert_int_equal(baseline_judge_stored(&s.base, &s.fresh, &s.policy, &s.report, &err), QK_ERR_INVALID);
}

UNIT_TEST(references_alone_are_nothing)
{
    struct qk_error err;
    start(1);
    baseline_keep(&s.base, no_variants, NULL);
    baseline_keep(&s.fresh, no_variants, NULL);
    assert_int_equal(s.base.count, 2);
    assert_int_equal(s.fresh.absent_count, 0);
    assert_int_equal(baseline_judge_stored(&s.base, &s.fresh, &s.policy, &s.report, &err), QK_ERR_INVALID);
}

UNIT_TESTS(judge, NULL, stop)
