/* SPDX-License-Identifier: MIT */
/*
 * Does the decision keep its word under noise that no model of it foresaw? Slices are simulated one after the other;
 * the coin on the order inside a pair is the only thing the error bound rests on.
 */
#include "baselines/gate/decide.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 4000, BLOCKS = 300, PAIRS_MAX = 16 };
static const double ALPHA = 0.05;
static const struct baseline_margins margins = {0.002, 0.008};

enum noise { AR1, BURSTS, TWO_MODES, HEAVY_TAILS, NOISES, QUIET };
static const char *const noise_names[] = {"AR(1)", "bursts", "two-mode clock", "heavy tails"};

struct world {
    enum noise noise;
    double effect;       /* ln of what the candidate takes */
    int pairs;           /* of a block, at most PAIRS_MAX */
    double second_slice; /* what the second slice of a pair takes longer */
    bool fixed_order;    /* no coin: base first */
    struct qk_rng rng;
    double wave;  /* AR(1) */
    bool in_mode; /* burst, slow clock */
};

static double uniform(struct world *w)
{
    return ((double)(qk_rng_next(&w->rng) >> 11) + 0.5) * 0x1p-53;
}

/* Nearly normal, sd 1: sum of four uniforms. */
static double bell(struct world *w)
{
    const uint64_t x = qk_rng_next(&w->rng);
    const double sum = (double)((x & 0xffff) + (x >> 16 & 0xffff) + (x >> 32 & 0xffff) + (x >> 48));
    return (sum / 65535 - 2) * sqrt(3);
}

/* What the next slice takes longer than usual, whoever runs in it. */
static double slice(struct world *w)
{
    switch (w->noise) {
    case AR1:
        return w->wave = 0.95 * w->wave + 0.02 * bell(w);
    case BURSTS:
        w->in_mode = uniform(w) < (w->in_mode ? 0.95 : 0.05);
        return 0.01 * bell(w) + (w->in_mode ? log(1 + uniform(w)) : 0);
    case TWO_MODES:
        w->in_mode ^= uniform(w) < 0.2;
        return 0.01 * bell(w) + (w->in_mode ? log(1.08) : 0);
    case HEAVY_TAILS: /* Cauchy: no mean, no variance */
        return 0.01 * tan(3.14159265358979 * (uniform(w) - 0.5));
    default:
        return 0.001 * bell(w);
    }
}

static double block(struct world *w)
{
    double log_ratio[PAIRS_MAX], scratch[PAIRS_MAX];
    for (int p = 0; p < w->pairs; p++) {
        const double first = slice(w), second = slice(w) + w->second_slice;
        const bool candidate_first = !w->fixed_order && (qk_rng_next(&w->rng) >> 63);
        log_ratio[p] = w->effect + (candidate_first ? first - second : second - first);
    }
    return bench_median(log_ratio, (size_t)w->pairs, scratch);
}

struct tally {
    size_t verdicts[BASELINE_VERDICTS], by_block_30;
};

/* threshold: 1 is the rule, less breaks it. */
static struct tally simulate(struct world w, double alpha, size_t cases, double threshold, size_t runs)
{
    struct tally t = {0};
    qk_rng_seed(&w.rng, 20240229u + (uint64_t)w.noise);
    for (size_t i = 0; i < runs; i++) {
        struct baseline_decision d;
        assert_int_equal(baseline_decision_init(&d, &margins, alpha, cases, NULL), 0);
        d.threshold *= threshold;
        w.wave = 0;
        for (int b = 0; b < BLOCKS && !d.decided; b++)
            baseline_decision_add(&d, block(&w));
        t.verdicts[d.verdict]++;
        t.by_block_30 += d.decided && d.blocks <= 30;
    }
    return t;
}

/* P(Binomial(n, p) <= x) */
static double binomial_at_most(size_t x, size_t n, double p)
{
    double sum = 0;
    for (size_t k = 0; k <= x; k++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
                   (double)k * log(p) + (double)(n - k) * log1p(-p));
    return sum;
}

/* Is the rate behind x of RUNS at most ALPHA, with 99 % confidence (Clopper-Pearson)? */
static bool within_bound(size_t x)
{
    return binomial_at_most(x, RUNS, ALPHA) <= 0.01;
}

static struct tally at(enum noise noise, double effect)
{
    const struct world w = {.noise = noise, .effect = log1p(effect), .pairs = 4, .second_slice = 0.015};
    return simulate(w, ALPHA, 1, 1, RUNS);
}

UNIT_TEST(an_ignorable_effect_is_not_called_slower)
{
    for (int noise = 0; noise < NOISES; noise++) {
        const struct tally t = at((enum noise)noise, margins.ignorable);
        const size_t false_alarms = t.verdicts[BASELINE_REGRESSION] + t.verdicts[BASELINE_WARN];
        print_message("# %s, at ignorable: %zu of %d called slower\n", noise_names[noise], false_alarms,
                      RUNS);
        if (!within_bound(false_alarms))
            fail_msg("%s: %zu of %d false alarms are too many for alpha %g", noise_names[noise], false_alarms,
                     RUNS, ALPHA);
        assert_true(false_alarms > 0); /* otherwise this noise would show nothing */
    }
}

UNIT_TEST(an_effect_of_must_catch_is_not_passed)
{
    for (int noise = 0; noise < NOISES; noise++) {
        const struct tally t = at((enum noise)noise, margins.must_catch);
        const size_t passes = t.verdicts[BASELINE_PASS];
        print_message("# %s, at must-catch: %zu of %d passed\n", noise_names[noise], passes, RUNS);
        if (!within_bound(passes))
            fail_msg("%s: %zu of %d false PASS are too many for alpha %g", noise_names[noise], passes, RUNS,
                     ALPHA);
        assert_true(passes > 0);
    }
}

/* The proof that the tests above can fail, and what the coin is good for. */
UNIT_TEST(broken_rules_break_the_bound)
{
    struct world w = {.noise = BURSTS,
                      .effect = log1p(margins.ignorable),
                      .pairs = 4,
                      .second_slice = 0.015,
                      .fixed_order = true};
    struct tally t = simulate(w, ALPHA, 1, 1, RUNS);
    size_t false_alarms = t.verdicts[BASELINE_REGRESSION] + t.verdicts[BASELINE_WARN];
    print_message("# fixed order: %zu of %d called slower\n", false_alarms, RUNS);
    assert_false(within_bound(false_alarms));
    w.fixed_order = false;
    t = simulate(w, ALPHA, 1, 0.5, RUNS);
    false_alarms = t.verdicts[BASELINE_REGRESSION] + t.verdicts[BASELINE_WARN];
    print_message("# half the threshold: %zu of %d called slower\n", false_alarms, RUNS);
    assert_false(within_bound(false_alarms));
}

UNIT_TEST(a_quiet_machine_decides_soon)
{
    static const struct {
        double effect;
        enum baseline_verdict verdict;
    } sure[] = {{0.01, BASELINE_REGRESSION}, {0.005, BASELINE_WARN}, {0, BASELINE_PASS}};
    for (size_t i = 0; i < sizeof sure / sizeof *sure; i++) {
        const struct world w = {
            .noise = QUIET, .effect = log1p(sure[i].effect), .pairs = 16, .second_slice = 0.001};
        const struct tally t = simulate(w, 0.001, 60, 1, 1000);
        print_message("# quiet, effect %g: %zu of 1000 %s, %zu by block 30\n", sure[i].effect,
                      t.verdicts[sure[i].verdict], baseline_verdict_names[sure[i].verdict], t.by_block_30);
        assert_true(t.verdicts[sure[i].verdict] >= 990);
        assert_true(t.by_block_30 >= 990);
    }
}

/* P(Binomial(10, 0.3) <= 2) is 0.3827828 (scipy.stats.binom.cdf(2, 10, 0.3), SciPy 1.10.1). */
UNIT_TEST(the_bound_is_binomial)
{
    assert_true(fabs(binomial_at_most(2, 10, 0.3) - 0.3827828) < 1e-7);
    assert_true(within_bound(100) && !within_bound(200));
}

TEST_PART(decide_simulation)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_is_binomial),
        cmocka_unit_test(an_ignorable_effect_is_not_called_slower),
        cmocka_unit_test(an_effect_of_must_catch_is_not_passed),
        cmocka_unit_test(broken_rules_break_the_bound),
        cmocka_unit_test(a_quiet_machine_decides_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
