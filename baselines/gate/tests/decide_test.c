/* SPDX-License-Identifier: MIT */
#include "baselines/gate/decide.h"

#include "kernels/tests/cmocka_parts.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct baseline_margins margins = {0.002, 0.008, 0};
static const struct baseline_margins with_mean = {0.002, 0.008, 0.05};

/*
 * Made with Python 3.11 and SciPy 1.10.1, k plus signs of n:
 *   mixture: s = sum((1+l)**k * (1-l)**(n-k) for l in (Fraction(2*i+1, 400) for i in range(200))) / 200;
 *            log(s.numerator) - log(s.denominator)
 *   integral: log(scipy.integrate.quad(lambda l: (1+l)**k * (1-l)**(n-k), 0, 1, epsabs=0, epsrel=1e-12,
 *   limit=200)[0])
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
         * the midpoint rule's error: at most h^2 / 24 times the integral of the second derivative, n (n + 1)
         * of the integral itself
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

static bool take(struct baseline_decision *d, double log_ratio)
{
    static const double ns = 1;
    return baseline_decision_add(d, &(struct baseline_block){log_ratio, 1, &ns, &ns});
}

/* A block of one pair. */
static bool take_pair(struct baseline_decision *d, double log_ratio, double base_ns, double cand_ns)
{
    return baseline_decision_add(d, &(struct baseline_block){log_ratio, 1, &base_ns, &cand_ns});
}

static size_t blocks_until_decided(struct baseline_decision *d, double log_ratio)
{
    while (d->blocks < 1000 && !take(d, log_ratio))
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

/*
 * Takes the signs of a text: '+' beyond must-catch, 'o' between the margins, '-' below both, 'w' and 'W'
 * ties.
 */
static struct baseline_decision decide(const char *signs)
{
    struct baseline_decision d = start(0.001, 1);
    for (const char *s = signs; *s; s++)
        take(&d, *s == '+'   ? 0.02
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
    while (d.blocks < 1000 && !take(&d, turn[d.blocks % 5] == '+'   ? 0.02
                                        : turn[d.blocks % 5] == 'o' ? 0.005
                                                                    : -0.02))
        ;
    assert_true(d.decided && d.slower && !d.beyond && !d.within);
    assert_true(d.slower_at > 28); /* else seven would be more than a quarter */
    assert_int_equal(d.blocks, d.slower_at + (d.slower_at + 3) / 4);
    assert_int_equal(d.verdict, BASELINE_WARN);
}

/* Between WARN and REGRESSION the median of all blocks chooses, also of those after the decision. */
UNIT_TEST(later_blocks_choose_how_much_slower)
{
    struct baseline_decision d = decide("oooooo+++++++oooo+++");
    assert_true(d.decided && d.verdict == BASELINE_WARN && d.blocks == 20);
    assert_true(take(&d, 0.02));
    assert_int_equal(d.verdict, BASELINE_REGRESSION);
    assert_int_equal(d.blocks, 20);
    for (int i = 0; i < 2; i++)
        assert_true(take(&d, 0.005));
    assert_int_equal(d.verdict, BASELINE_WARN);
    assert_true(take(&d, NAN));
    assert_int_equal(d.verdict, BASELINE_WARN);
}

UNIT_TEST(a_decision_stays)
{
    struct baseline_decision d = decide("-------------");
    for (int i = 0; i < 100; i++)
        assert_true(take(&d, 0.5));
    assert_true(take(&d, NAN));
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
        assert_true(take(&d, none[i]));
        assert_int_equal(d.verdict, BASELINE_INVALID);
        assert_true(take(&d, -0.02));
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

/*
 * What the sums say, as blocks of 10 ms: '.' both alike, '1' to '9' stalls of 1 to 9 ms, 'L' of 30 ms, '-' of
 * the base.
 */
static struct baseline_decision stall(const char *blocks, double log_ratio)
{
    struct baseline_decision d;
    assert_int_equal(baseline_decision_init(&d, &with_mean, 0.001, 1, NULL), 0);
    for (const char *s = blocks; *s; s++) {
        const double more = *s == 'L' ? 30 : *s >= '1' && *s <= '9' ? *s - '0' : 0;
        take_pair(&d, log_ratio, *s == '-' ? 13 : 10, *s == '-' ? 10 : 10 + more);
    }
    return d;
}

/*
 * One case, alpha 0.001. The median needs ln 1333 = 7.20, the sums ln 4000 = 8.29: 14 signs of 14. With all
 * processes in agreement 15 are enough, with the other silent 17 or 18. A pair that takes 1.9 times as long
 * is far away from 5 %, not from 15 %.
 */
UNIT_TEST(sums_only_make_it_worse)
{
    static const struct {
        const char *blocks;
        double log_ratio;
        enum baseline_verdict verdict;
        bool decided;
        size_t taken;
        const char *why;
    } runs[] = {
        {"..................", 0, BASELINE_PASS, true, 14,
         "no stall: not a block more than the median needs"},
        {"99999999999999999", 0, BASELINE_REGRESSION, true, 17, "large ones in each block"},
        {"1111111111111111111", 0, BASELINE_WARN, true, 18, "10 % in each is not beyond 15 %"},
        {"......................", 0.005, BASELINE_WARN, true, 14, "the median alone"},
        {"99999999999999999", 0.02, BASELINE_REGRESSION, true, 14, "a REGRESSION of the median ends it"},
        {"..999999999999........", 0, BASELINE_PASS, false, 22, "held open: near"},
        {"..99999999999...9999999", 0, BASELINE_WARN, true, 23, "held open, and found"},
        {"..LLLLLLLLLL....LLLLLLL", 0, BASELINE_REGRESSION, true, 23, "and beyond three times the margin"},
        {"9.9.9.9.9.9.9.9.9.9.9.9.", 0, BASELINE_PASS, true, 14, "not near enough by then"},
        {"--------------------", 0, BASELINE_PASS, true, 14,
         "the base's stalls are no fault of the candidate"},
        {"9-9-9-9-9-9-9-9-9-9-", 0, BASELINE_PASS, true, 14, "both stall"},
        {"9999999", 0, BASELINE_INCONCLUSIVE, false, 7, "too few"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const struct baseline_decision d = stall(runs[i].blocks, runs[i].log_ratio);
        if (d.verdict != runs[i].verdict || d.decided != runs[i].decided || d.blocks != runs[i].taken)
            fail_msg("%s: %s after %zu blocks, decided %d, ln E %g and %g of %g", runs[i].why,
                     baseline_verdict_names[d.verdict], d.blocks, d.decided, d.mean.log_e, d.triple.log_e,
                     d.mean.threshold);
    }
}

/* 60 blocks, however near it is. */
UNIT_TEST(a_case_is_held_open_for_60_blocks)
{
    char blocks[200] = "..999999999999";
    for (size_t i = strlen(blocks); i < sizeof blocks - 1; i++)
        blocks[i] = '.';
    struct baseline_decision d = stall(blocks, 0);
    assert_true(d.decided);
    assert_int_equal(d.blocks, 60);
    assert_int_equal(d.median_blocks, 14);
    assert_int_equal(d.verdict, BASELINE_PASS);
    assert_true(d.mean.log_e > d.mean.threshold / 2);
}

/* What the median has not decided is INCONCLUSIVE, which a WARN must not hide; a REGRESSION may. */
UNIT_TEST(sums_do_not_hide_what_is_not_known)
{
    struct baseline_decision d;
    for (int large = 0; large < 2; large++) {
        assert_int_equal(baseline_decision_init(&d, &with_mean, 0.001, 1, NULL), 0);
        for (int i = 0; i < 30; i++)
            take_pair(&d, i % 2 ? 0.02 : -0.02, 10, large ? 19 : 11);
        assert_true(d.mean.won);
        assert_int_equal(d.decided, large);
        assert_int_equal(d.verdict, large ? BASELINE_REGRESSION : BASELINE_INCONCLUSIVE);
    }
}

/* Signs alone do not make a mean: the ratio of all times must lie above the margin too. */
UNIT_TEST(the_mean_itself_must_be_above_the_margin)
{
    struct baseline_decision d;
    assert_int_equal(baseline_decision_init(&d, &with_mean, 0.001, 1, NULL), 0);
    take_pair(&d, 0, 1000, 10);
    for (int i = 0; i < 40; i++)
        take_pair(&d, 0, 10, 19);
    assert_true(d.decided && d.mean.won && d.triple.won);
    assert_true(baseline_decision_mean(&d) < 1);
    assert_int_equal(d.verdict, BASELINE_PASS);
}

UNIT_TEST(alpha_is_shared_by_median_and_sums)
{
    const struct baseline_decision without = start(0.001, 5), with = stall("", 0);
    assert_true(fabs(without.threshold - log(5000)) < 1e-12);
    assert_true(fabs(exp(-with.threshold) - 0.00075) < 1e-12);
    assert_true(fabs(exp(-with.mean.threshold) - 0.00025) < 1e-12);
    assert_true(fabs(exp(-with.triple.threshold) - 0.00025) < 1e-12);
    assert_true(fabs(with.triple.margin - log(1.15)) < 1e-12);
    assert_false(without.sums);
    assert_true(isnan(baseline_decision_mean(&with)));
}

UNIT_TEST(a_sum_that_is_none_is_invalid_at_once)
{
    static const double none[][2] = {{0, 1}, {1, 0}, {-1, 1}, {NAN, 1}, {1, INFINITY}, {INFINITY, 1}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct baseline_decision d = stall("..", 0);
        assert_true(take_pair(&d, 0, none[i][0], none[i][1]));
        assert_int_equal(d.verdict, BASELINE_INVALID);
    }
}

UNIT_TEST(nonsense_is_refused)
{
    static const struct {
        struct baseline_margins margins;
        double alpha;
        size_t cases;
        const char *where, *text;
    } bad[] = {
        {{NAN, 0.008, 0}, 0.001, 1, "margins", "found ignorable nan"},
        {{0.002, NAN, 0}, 0.001, 1, "margins", "must_catch nan"},
        {{0.002, INFINITY, 0}, 0.001, 1, "margins", "must_catch inf"},
        {{-0.001, 0.008, 0}, 0.001, 1, "margins", "ignorable -0.001"},
        {{0.009, 0.008, 0}, 0.001, 1, "margins", "ignorable 0.009 and must_catch 0.008"},
        {{0.002, 0.008, 0}, 0, 1, "alpha", "found 0"},
        {{0.002, 0.008, 0}, 1, 1, "alpha", "found 1"},
        {{0.002, 0.008, 0}, -0.5, 1, "alpha", "found -0.5"},
        {{0.002, 0.008, 0}, NAN, 1, "alpha", "found nan"},
        {{0.002, 0.008, 0}, 0.001, 0, "cases", "no cases"},
        {{0.002, 0.008, 0.007}, 0.001, 1, "margins", "mean 0.007 and must_catch 0.008"},
        {{0.002, 0.008, -1}, 0.001, 1, "margins", "mean -1"},
        {{0.002, 0.008, NAN}, 0.001, 1, "margins", "mean nan"},
        {{0.002, 0.008, INFINITY}, 0.001, 1, "margins", "mean inf"},
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

UNIT_TESTS(decide, NULL, NULL)
