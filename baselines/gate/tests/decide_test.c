/* SPDX-License-Identifier: MIT */
#include "baselines/gate/decide.h"

#include "kernels/tests/cmocka_parts.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct baseline_margins margins = {0.002, 0.008};

/*
 * Made with Python 3.11 and SciPy 1.10.1, k plus signs of n:
 *   mixture: s = sum((1+l)**k * (1-l)**(n-k) for l in (Fraction(2*i+1, 400) for i in range(200))) / 200;
 *            log(s.numerator) - log(s.denominator)
 *   integral: log(scipy.integrate.quad(lambda l: (1+l)**k * (1-l)**(n-k), 0, 1, epsabs=0, epsrel=1e-12, limit=200)[0])
 */
static const struct {
    size_t k, n;
    double mixture, integral;
} values[] = {
    {0, 0, 0.000000000000, 0.000000000000},         {1, 1, 0.405465108108, 0.405465108108},
    {0, 1, -0.693147180560, -0.693147180560},       {5, 5, 2.351367816673, 2.351375257163},
    {13, 13, 7.064894774067, 7.064942161205},       {20, 20, 11.511458503192, 11.511567877198},
    {10, 20, -1.308370141127, -1.308370141127},     {15, 20, 1.849325547434, 1.849323908491},
    {0, 30, -3.434955850155, -3.433987204485},      {60, 100, 0.578902799774, 0.578891123221},
    {100, 100, 65.390115703186, 65.392744719713},   {180, 300, 4.084582006719, 4.084580956903},
    {300, 300, 202.906780043824, 202.930191083795},
};

UNIT_TEST(e_is_the_mean_of_its_bets)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const double e = baseline_log_e(values[i].k, values[i].n), n = (double)values[i].n;
        if (!(fabs(e - values[i].mixture) < 1e-9 * (1 + fabs(values[i].mixture))))
            fail_msg("%zu of %zu: found %.12f, expected %.12f", values[i].k, values[i].n, e,
                     values[i].mixture);
        /*
         * the midpoint rule's error: at most h^2 / 24 times the integral of the second derivative, n (n + 1) of the
         * integral itself
         */
        if (!(fabs(e - values[i].integral) <= n * (n + 1) * (1.0 / 200 / 200) / 24 * 1.01 + 1e-9))
            fail_msg("%zu of %zu: found %.12f, the integral is %.12f", values[i].k, values[i].n, e,
                     values[i].integral);
    }
    /* all plus has a closed form: (2^(n+1) - 1) / (n + 1) */
    for (int n = 1; n <= 40; n++)
        assert_true(fabs(baseline_log_e((size_t)n, (size_t)n) - log((exp2(n + 1) - 1) / (n + 1))) <
                    n * (n + 1) / 4.0 / 200 / 200 / 24 * 1.01 + 1e-9);
    assert_true(isfinite(baseline_log_e(0, 1000000)) && isfinite(baseline_log_e(1000000, 1000000)));
}

/* Over all signs of the next n blocks the mean of E is 1: what makes it a fair game. */
UNIT_TEST(e_is_a_fair_game)
{
    for (size_t n = 1; n <= 60; n++) {
        double mean = 0;
        for (size_t k = 0; k <= n; k++)
            mean += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) -
                        (double)n * M_LN2 + baseline_log_e(k, n));
        if (!(fabs(mean - 1) < 1e-9))
            fail_msg("mean of E after %zu blocks is %.12f", n, mean);
    }
}

static struct baseline_decision start(double alpha, size_t cases)
{
    struct baseline_decision d;
    struct qk_error err;
    assert_int_equal(baseline_decision_init(&d, &margins, alpha, cases, &err), 0);
    return d;
}

static size_t blocks_until_decided(struct baseline_decision *d, double log_ratio)
{
    while (d->blocks < 1000 && !baseline_decision_add(d, log_ratio))
        ;
    return d->blocks;
}

UNIT_TEST(one_sided_signs_decide_in_the_fewest_blocks)
{
    static const struct {
        double alpha;
        size_t cases, blocks;
    } fewest[] = {{0.001, 1, 13}, {0.001, 10, 17}, {0.001, 60, 20}, {0.05, 1, 7}};
    for (size_t i = 0; i < sizeof fewest / sizeof *fewest; i++) {
        struct baseline_decision d = start(fewest[i].alpha, fewest[i].cases);
        assert_int_equal(blocks_until_decided(&d, 0.02), fewest[i].blocks);
        assert_int_equal(d.verdict, BASELINE_REGRESSION);
        d = start(fewest[i].alpha, fewest[i].cases);
        assert_int_equal(blocks_until_decided(&d, 0.0), fewest[i].blocks);
        assert_int_equal(d.verdict, BASELINE_PASS);
        d = start(fewest[i].alpha, fewest[i].cases);
        assert_int_equal(blocks_until_decided(&d, 0.005), fewest[i].blocks);
        assert_int_equal(d.verdict, BASELINE_WARN);
    }
}

/* Takes the signs of a text: '+' beyond must-catch, 'o' between the margins, '-' below both, 'w' and 'W' ties. */
static struct baseline_decision decide(const char *signs)
{
    struct baseline_decision d = start(0.001, 1);
    for (const char *s = signs; *s; s++)
        baseline_decision_add(&d, *s == '+'   ? 0.02
                                  : *s == 'o' ? 0.005
                                  : *s == '-' ? -0.02
                                  : *s == 'w' ? d.ignorable
                                              : d.must_catch);
    return d;
}

UNIT_TEST(verdicts_follow_what_is_known)
{
    static const struct {
        const char *signs;
        bool slower, beyond, within, decided;
        enum baseline_verdict verdict;
    } runs[] = {
        {"", false, false, false, false, BASELINE_INCONCLUSIVE},
        {"++++++++++++", false, false, false, false, BASELINE_INCONCLUSIVE},
        {"+++++++++++++", true, true, false, true, BASELINE_REGRESSION},
        {"-------------", false, false, true, true, BASELINE_PASS},
        /* slower is known before it is known how much */
        {"oooooooo+++++", true, false, false, false, BASELINE_WARN},
        {"ooo++++++++++", true, false, false, false, BASELINE_REGRESSION},
        {"+o+++++++++++++++++", true, true, false, true, BASELINE_REGRESSION},
        {"ooo++++++++++oo++++", true, false, false, false, BASELINE_REGRESSION},
        /* and seven blocks later the median says it */
        {"ooo++++++++++ooo++++", true, false, false, true, BASELINE_REGRESSION},
        {"oooooo+++++++oooo+++", true, false, false, true, BASELINE_WARN},
        {"oooooo+++++++ooo++++", true, false, false, true, BASELINE_REGRESSION},
        {"+oooooooooooooooooo", true, false, true, true, BASELINE_WARN},
        /* half and half tells nothing */
        {"+-+-+-+-+-+-+-+-+-+-+-+-+-+-", false, false, false, false, BASELINE_INCONCLUSIVE},
        /* within before slower: it may still be slower than ignorable, but nobody asked */
        {"---oooooooooo", false, false, true, true, BASELINE_PASS},
        /* a tie is a lost bet for both sides */
        {"++++++++++++W", true, false, false, false, BASELINE_REGRESSION},
        {"------------W", false, false, false, false, BASELINE_INCONCLUSIVE},
        {"++++++++++++w", false, false, false, false, BASELINE_INCONCLUSIVE},
        {"WWWWWWWWWWWWW", true, false, false, false, BASELINE_WARN},
        {"wwwwwwwwwwwww", false, false, true, true, BASELINE_PASS},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const struct baseline_decision d = decide(runs[i].signs);
        if (d.slower != runs[i].slower || d.beyond != runs[i].beyond || d.within != runs[i].within ||
            d.decided != runs[i].decided || d.verdict != runs[i].verdict)
            fail_msg("\"%s\": slower %d, beyond %d, within %d, decided %d, %s", runs[i].signs, d.slower,
                     d.beyond, d.within, d.decided, baseline_verdict_names[d.verdict]);
    }
}

/* What took long to prove gets a quarter as many blocks more. */
UNIT_TEST(how_much_slower_takes_a_quarter_more)
{
    static const char turn[] = "+o-+o"; /* four of five above ignorable, two beyond must-catch */
    struct baseline_decision d = start(0.001, 1);
    while (d.blocks < 1000 && !baseline_decision_add(&d, turn[d.blocks % 5] == '+'   ? 0.02
                                                         : turn[d.blocks % 5] == 'o' ? 0.005
                                                                                     : -0.02))
        ;
    assert_true(d.decided && d.slower && !d.beyond && !d.within);
    assert_true(d.slower_at > 28); /* else seven would be more than a quarter */
    assert_int_equal(d.blocks, d.slower_at + (d.slower_at + 3) / 4);
    assert_int_equal(d.verdict, BASELINE_WARN);
}

UNIT_TEST(a_decision_stays)
{
    struct baseline_decision d = decide("-------------");
    for (int i = 0; i < 100; i++)
        assert_true(baseline_decision_add(&d, 0.5));
    assert_true(baseline_decision_add(&d, NAN));
    assert_int_equal(d.verdict, BASELINE_PASS);
    assert_int_equal(d.blocks, 13);
    /* and so does a process that has won, when the signs turn afterwards */
    d = decide("ooo++++++++++-------");
    assert_true(d.slower && d.decided);
    assert_int_equal(d.verdict, BASELINE_WARN);
}

UNIT_TEST(no_number_is_invalid_at_once)
{
    static const double none[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct baseline_decision d = decide("------------");
        assert_true(baseline_decision_add(&d, none[i]));
        assert_int_equal(d.verdict, BASELINE_INVALID);
        assert_true(baseline_decision_add(&d, -0.02));
        assert_int_equal(d.verdict, BASELINE_INVALID);
    }
}

UNIT_TEST(a_rule_is_one_bound)
{
    struct baseline_decision d;
    struct qk_error err;
    /* at least 3.0 times as fast */
    assert_int_equal(baseline_decision_bound(&d, -log(3.0), 0.001, 1, &err), 0);
    assert_int_equal(blocks_until_decided(&d, -log(3.1)), 13);
    assert_int_equal(d.verdict, BASELINE_PASS);
    assert_int_equal(baseline_decision_bound(&d, -log(3.0), 0.001, 1, &err), 0);
    assert_int_equal(blocks_until_decided(&d, -log(2.9)), 13);
    assert_int_equal(d.verdict, BASELINE_REGRESSION);
    assert_int_equal(baseline_decision_bound(&d, NAN, 0.001, 1, &err), QK_ERR_ARG);
    assert_int_equal(baseline_decision_bound(&d, INFINITY, 0.001, 1, &err), QK_ERR_ARG);
    assert_int_equal(baseline_decision_bound(&d, 0, 0, 1, &err), QK_ERR_ARG);
}

UNIT_TEST(nonsense_is_refused)
{
    static const struct {
        struct baseline_margins margins;
        double alpha;
        size_t cases;
        const char *where, *text;
    } bad[] = {
        {{NAN, 0.008}, 0.001, 1, "margins", "found ignorable nan"},
        {{0.002, NAN}, 0.001, 1, "margins", "must_catch nan"},
        {{0.002, INFINITY}, 0.001, 1, "margins", "must_catch inf"},
        {{-0.001, 0.008}, 0.001, 1, "margins", "ignorable -0.001"},
        {{0.009, 0.008}, 0.001, 1, "margins", "ignorable 0.009 and must_catch 0.008"},
        {{0.002, 0.008}, 0, 1, "alpha", "found 0"},
        {{0.002, 0.008}, 1, 1, "alpha", "found 1"},
        {{0.002, 0.008}, -0.5, 1, "alpha", "found -0.5"},
        {{0.002, 0.008}, NAN, 1, "alpha", "found nan"},
        {{0.002, 0.008}, 0.001, 0, "cases", "no cases"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct baseline_decision d;
        struct qk_error err = {0};
        const int code = baseline_decision_init(&d, &bad[i].margins, bad[i].alpha, bad[i].cases, &err);
        if (code != QK_ERR_ARG || strcmp(err.where, bad[i].where) != 0 || !strstr(err.text, bad[i].text))
            fail_msg("%zu gave %d, \"%s\" at \"%s\"", i, code, err.text, err.where);
        assert_int_equal(baseline_decision_init(&d, &bad[i].margins, bad[i].alpha, bad[i].cases, NULL),
                         QK_ERR_ARG);
    }
    const struct baseline_decision d = start(DBL_MIN, 1000);
    assert_true(isfinite(d.threshold));
    assert_true(fabs(d.must_catch - log(1.008)) < 1e-15 && fabs(d.ignorable - log(1.002)) < 1e-15);
}

TEST_PART(decide)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e_is_the_mean_of_its_bets),
        cmocka_unit_test(e_is_a_fair_game),
        cmocka_unit_test(one_sided_signs_decide_in_the_fewest_blocks),
        cmocka_unit_test(verdicts_follow_what_is_known),
        cmocka_unit_test(how_much_slower_takes_a_quarter_more),
        cmocka_unit_test(a_decision_stays),
        cmocka_unit_test(no_number_is_invalid_at_once),
        cmocka_unit_test(a_rule_is_one_bound),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
