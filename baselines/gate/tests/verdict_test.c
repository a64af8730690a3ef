/* SPDX-License-Identifier: MIT */
#include "baselines/gate/verdict.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A run in short: one letter for each result. */
static void put(struct baseline_report *r, size_t i, char letter)
{
    static const char letters[] = "PWRIXNMD"; /* in the order of enum baseline_verdict */
    struct baseline_result *x = &r->results[i];
    snprintf(x->name, sizeof x->name, "op/v/%zu", i);
    snprintf(x->memory, sizeof x->memory, "cache");
    x->reason[0] = '\0';
    const char *at = strchr(letters, letter);
    if (at) {
        x->verdict = (enum baseline_verdict)(at - letters);
        x->timed = x->verdict <= BASELINE_INCONCLUSIVE;
        x->ratio.value = 1;
        return;
    }
    x->timed = true;
    x->ratio.value = 1;
    x->must_catch = 0.008;
    switch (letter) {
    case '=': /* identical code */
        x->timed = false;
        x->verdict = BASELINE_PASS;
        x->ratio.value = NAN;
        snprintf(x->reason, sizeof x->reason, "identical code");
        break;
    case 'a': /* controls, right */
        x->role = BASELINE_AA;
        x->verdict = BASELINE_PASS;
        break;
    case 's':
        x->role = BASELINE_SLOWED;
        x->verdict = BASELINE_REGRESSION;
        x->injected = 0.016;
        break;
    default:
        fail_msg("no letter '%c'", letter);
    }
}

static struct baseline_report run(const char *letters)
{
    struct baseline_report r;
    assert_int_equal(baseline_report_make(&r, strlen(letters), NULL), 0);
    strcpy(r.mode, "duet");
    for (size_t i = 0; letters[i]; i++)
        put(&r, i, letters[i]);
    return r;
}

/* P PASS, W WARN, R REGRESSION, I INCONCLUSIVE, X INVALID, N NEW, M MISSING, D REMOVED. */
static const struct {
    const char *results;
    enum baseline_verdict verdict;
    int exit;
    enum baseline_verdict strict_verdict;
    int strict_exit;
} runs[] = {
    {"Pas", BASELINE_PASS, 0, BASELINE_PASS, 0},
    {"PNas", BASELINE_PASS, 0, BASELINE_PASS, 0},
    {"PDas", BASELINE_PASS, 0, BASELINE_PASS, 0},
    {"PWas", BASELINE_WARN, 0, BASELINE_WARN, 3},
    {"PIas", BASELINE_INCONCLUSIVE, 4, BASELINE_INCONCLUSIVE, 4},
    {"Ias", BASELINE_INCONCLUSIVE, 4, BASELINE_INCONCLUSIVE, 4},
    {"WPIas", BASELINE_INCONCLUSIVE, 4, BASELINE_WARN, 3},
    {"IWPas", BASELINE_INCONCLUSIVE, 4, BASELINE_WARN, 3},
    {"PRIWas", BASELINE_REGRESSION, 3, BASELINE_REGRESSION, 3},
    {"PMRas", BASELINE_MISSING, 5, BASELINE_MISSING, 5},
    {"PMXas", BASELINE_INVALID, 5, BASELINE_INVALID, 5},
    {"PXRas", BASELINE_INVALID, 5, BASELINE_INVALID, 5},
    {"M", BASELINE_MISSING, 5, BASELINE_MISSING, 5},
    {"X", BASELINE_INVALID, 5, BASELINE_INVALID, 5},
    {"=", BASELINE_PASS, 0, BASELINE_PASS, 0},
    {"=N", BASELINE_PASS, 0, BASELINE_PASS, 0},
    {"=X", BASELINE_INVALID, 5, BASELINE_INVALID, 5},
    {"=M", BASELINE_MISSING, 5, BASELINE_MISSING, 5},
};

UNIT_TEST(the_worst_counts)
{
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (int strict = 0; strict < 2; strict++) {
            struct baseline_report r = run(runs[i].results);
            r.strict = strict;
            baseline_report_judge(&r);
            if (r.verdict != (strict ? runs[i].strict_verdict : runs[i].verdict) ||
                baseline_report_exit(&r) != (strict ? runs[i].strict_exit : runs[i].exit) || *r.reason)
                fail_msg("%s%s: found %s, exit %d, reason \"%s\"", runs[i].results, strict ? " strict" : "",
                         baseline_verdict_names[r.verdict], baseline_report_exit(&r), r.reason);
            baseline_report_free(&r);
        }
    }
}

static void expect(struct baseline_report r, enum baseline_verdict verdict)
{
    baseline_report_judge(&r);
    assert_string_equal(baseline_verdict_names[r.verdict], baseline_verdict_names[verdict]);
    baseline_report_free(&r);
}

static void expect_invalid(struct baseline_report r, const char *reason)
{
    baseline_report_judge(&r);
    if (r.verdict != BASELINE_INVALID || baseline_report_exit(&r) != 5 || !strstr(r.reason, reason))
        fail_msg("found %s, exit %d, reason \"%s\"; expected \"%s\"", baseline_verdict_names[r.verdict],
                 baseline_report_exit(&r), r.reason, reason);
    expect(r, BASELINE_INVALID); /* again: no other answer */
}

UNIT_TEST(nothing_judged_is_no_pass)
{
    static const char *const vacuous[] = {"", "N", "D", "NDN", "as", "Nas"};
    for (size_t i = 0; i < sizeof vacuous / sizeof *vacuous; i++) {
        expect_invalid(run(vacuous[i]), "nothing was timed and no code was identical");
    }
    /* the budget ended before the first block */
    struct baseline_report r = run("Ias");
    r.results[0].timed = false;
    expect_invalid(r, "nothing was timed");
    /* as made, before anybody filled it in */
    assert_int_equal(baseline_report_make(&r, 3, NULL), 0);
    assert_string_equal(r.results[2].reason, "not measured");
    assert_true(isnan(r.results[2].ratio.value) && isnan(r.results[2].old_instructions));
    assert_int_equal(baseline_report_exit(&r), 5);
    expect(r, BASELINE_INVALID);
}

UNIT_TEST(a_verdict_needs_something_behind_it)
{
    static const char letters[] = "PWR";
    for (size_t i = 0; letters[i]; i++) {
        char text[] = "Pas?";
        text[3] = letters[i];
        struct baseline_report r = run(text);
        r.results[3].timed = false;
        expect_invalid(r, "op/v/3 is ");
        r = run(text);
        r.results[3].ratio.value = NAN;
        expect_invalid(r, "its ratio is not a number");
        r = run(text);
        r.results[3].ratio.value = 0;
        expect_invalid(r, "its ratio is not a number");
    }
    struct baseline_report r = run("PPas");
    r.results[0].verdict = BASELINE_VERDICTS;
    expect(r, BASELINE_INVALID);
}

UNIT_TEST(a_wrong_control_makes_the_run_invalid)
{
    for (int v = 0; v < BASELINE_VERDICTS; v++) {
        struct baseline_report r = run("Pas");
        r.results[1].verdict = (enum baseline_verdict)v;
        assert_int_equal(baseline_control_right(&r.results[1]), v == BASELINE_PASS);
        if (v == BASELINE_PASS)
            baseline_report_free(&r);
        else
            expect_invalid(r, "the control op/v/1 (aa) was judged wrongly");
        r = run("Pas");
        r.results[2].verdict = (enum baseline_verdict)v;
        assert_int_equal(baseline_control_right(&r.results[2]), v == BASELINE_REGRESSION);
        if (v == BASELINE_REGRESSION)
            baseline_report_free(&r);
        else
            expect_invalid(r, "the control op/v/2 (slowed) was judged wrongly");
    }
    struct baseline_report r = run("Pas");
    r.results[2].injected = 0.008; /* nobody could be sure to see this */
    expect_invalid(r, "really slowed");
    r = run("Pas");
    r.results[1].timed = false; /* a copy is identical code, but that is not what a control is for */
    expect_invalid(r, "op/v/1 (aa)");
    r = run("Rsa");
    r.results[1].verdict = BASELINE_PASS; /* outweighs a regression */
    expect_invalid(r, "op/v/1 (slowed)");
    r = run("P=");
    assert_false(baseline_control_right(&r.results[0]));
    baseline_report_free(&r);
}

UNIT_TEST(controls_of_each_memory_class_are_wanted)
{
    static const char *const without[] = {"P", "Pa", "Ps", "R"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        expect_invalid(run(without[i]), "no control '");
    }
    struct baseline_report r = run("PasP");
    snprintf(r.results[3].memory, sizeof r.results[3].memory, "dram");
    expect_invalid(r, "op/v/3 was timed (dram), but no control 'aa'");
    r = run("PasPas");
    for (size_t i = 3; i < 6; i++)
        snprintf(r.results[i].memory, sizeof r.results[i].memory, "dram");
    expect(r, BASELINE_PASS);
    r = run("P"); /* a stored baseline has no second build to control with */
    strcpy(r.mode, "baseline");
    expect(r, BASELINE_PASS);
    expect(run("=="), BASELINE_PASS); /* nothing timed, nothing to control */
}

UNIT_TEST(a_reason_that_is_there_is_kept)
{
    struct baseline_report r = run("Pas");
    snprintf(r.reason, sizeof r.reason, "the candidate is the same file as the base");
    r.results[1].verdict = BASELINE_REGRESSION;
    baseline_report_judge(&r);
    assert_string_equal(r.reason, "the candidate is the same file as the base");
    expect_invalid(r, "same file");
}

UNIT_TEST(rules_are_judged_like_cases)
{
    struct baseline_report r = run("P=Ras");
    r.results[2].role = BASELINE_RULE;
    expect(r, BASELINE_REGRESSION);
}

UNIT_TEST(an_undecided_other_shape_does_not_count)
{
    static const char letters[] = "PWRIX";
    static const enum baseline_verdict worst[] = {BASELINE_PASS, BASELINE_WARN, BASELINE_REGRESSION,
                                                  BASELINE_PASS, BASELINE_INVALID};
    for (size_t i = 0; letters[i]; i++) {
        char text[] = "P?as";
        text[1] = letters[i];
        struct baseline_report r = run(text);
        r.results[1].role = BASELINE_SHAPE;
        expect(r, worst[i]);
    }
}

UNIT_TEST(too_many_results_are_no_memory)
{
    struct baseline_report r;
    struct qk_error err;
    assert_int_equal(baseline_report_make(&r, SIZE_MAX / 2, &err), QK_ERR_MEMORY);
    assert_null(r.results);
    assert_int_equal(r.count, 0);
}

UNIT_TESTS(verdict, NULL, NULL)
