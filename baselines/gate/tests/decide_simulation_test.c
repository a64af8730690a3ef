/* SPDX-License-Identifier: MIT */
/*
 * Does the decision keep its promise under noise that none of its models foresaw? Slices are simulated one
 * after the other. The error bound rests only on the coin that orders each pair.
 */
#include "baselines/gate/decide.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 4000, SUMS_RUNS = 1000, BLOCKS = 300, SUMS_BLOCKS = 100, PAIRS_MAX = 30 };
static const double ALPHA = 0.05; /* of the median or of the sums alone, whose share is a quarter */
static const struct baseline_margins margins = {0.002, 0.008, 0};
static const struct baseline_margins with_mean = {0.002, 0.008, 0.05};

enum noise { AR1, BURSTS, TWO_MODES, HEAVY_TAILS, NOISES, QUIET = NOISES, NEIGHBOUR };
static const char *const noise_names[] = {"AR(1)",       "bursts", "two-mode clock",
                                          "heavy tails", "quiet",  "neighbour"};

struct world {
    enum noise noise;
    double effect;       /* ln of what the candidate takes */
    int pairs;           /* of a block, at most PAIRS_MAX */
    double second_slice; /* what the second slice of a pair takes longer */
    bool fixed_order;    /* no coin: base first */
    struct qk_rng rng;
    double wave;  /* AR(1) */
    bool in_mode; /* burst, slow clock */
    /* Of the candidate alone: how many stalls come in a block, and how many slices each is long. */
    double stalls, stall;
    double base_ns[PAIRS_MAX], cand_ns[PAIRS_MAX]; /* of the last block */
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
    case HEAVY_TAILS: /* Cauchy: no mean, no variance; but e^20 slices are years */
        return fmax(-20, fmin(20, 0.01 * tan(3.14159265358979 * (uniform(w) - 0.5))));
    case NEIGHBOUR: /* in every fifth block of 60 slices somebody else runs for 10 to 1000 slices */
        return 0.001 * bell(w) + (uniform(w) < 1 / 300. ? log(10 * pow(100, uniform(w))) : 0);
    default:
        return 0.001 * bell(w);
    }
}

static struct baseline_block block(struct world *w)
{
    double log_ratio[PAIRS_MAX], scratch[PAIRS_MAX];
    for (int p = 0; p < w->pairs; p++) {
        const double first = slice(w), second = slice(w) + w->second_slice;
        const bool candidate_first = !w->fixed_order && (qk_rng_next(&w->rng) >> 63);
        const double base = exp(candidate_first ? second : first);
        double cand = exp(w->effect + (candidate_first ? first : second));
        if (uniform(w) < w->stalls / w->pairs)
            cand += w->stall;
        w->base_ns[p] = base;
        w->cand_ns[p] = cand;
        log_ratio[p] = log(cand / base);
    }
    return (struct baseline_block){bench_median(log_ratio, (size_t)w->pairs, scratch), (size_t)w->pairs,
                                   w->base_ns, w->cand_ns};
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
        for (int b = 0; b < BLOCKS && !d.decided; b++) {
            const struct baseline_block at = block(&w);
            baseline_decision_add(&d, &at);
        }
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

/* Is the rate behind x of `runs` at most ALPHA, with 99 % confidence (Clopper-Pearson)? */
static bool within_bound(size_t x, size_t runs)
{
    return binomial_at_most(x, runs, ALPHA) <= 0.01;
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
        if (!within_bound(false_alarms, RUNS))
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
        if (!within_bound(passes, RUNS))
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
    assert_false(within_bound(false_alarms, RUNS));
    w.fixed_order = false;
    t = simulate(w, ALPHA, 1, 0.5, RUNS);
    false_alarms = t.verdicts[BASELINE_REGRESSION] + t.verdicts[BASELINE_WARN];
    print_message("# half the threshold: %zu of %d called slower\n", false_alarms, RUNS);
    assert_false(within_bound(false_alarms, RUNS));
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

/*
 * How often the sums of SUMS_RUNS cases win in SUMS_BLOCKS blocks, whatever the median says of them: it is
 * kept from deciding.
 */
static size_t sums_won(struct world w, double threshold)
{
    size_t count = 0;
    qk_rng_seed(&w.rng, 20240301u + (uint64_t)w.noise);
    for (size_t i = 0; i < SUMS_RUNS; i++) {
        struct baseline_decision d;
        assert_int_equal(baseline_decision_init(&d, &with_mean, 4 * ALPHA, 1, NULL), 0);
        d.mean.threshold *= threshold;
        w.wave = 0;
        for (int b = 0; b < SUMS_BLOCKS && !d.mean.won; b++) {
            struct baseline_block at = block(&w);
            at.log_ratio = b % 2 ? 1 : -1;
            baseline_decision_add(&d, &at);
        }
        count += d.mean.won;
    }
    return count;
}

/*
 * A quarter of alpha is theirs. What hits either arm alike is no stall of the candidate's, however long it
 * is.
 */
UNIT_TEST(sums_do_not_cry_wolf)
{
    for (int noise = 0; noise <= NEIGHBOUR; noise++) {
        const struct world w = {
            .noise = (enum noise)noise, .effect = log1p(with_mean.mean), .pairs = 16, .second_slice = 0.015};
        const size_t won = sums_won(w, 1);
        print_message("# %s, at the margin of the mean: %zu of %d\n", noise_names[noise], won, SUMS_RUNS);
        if (!within_bound(won, SUMS_RUNS))
            fail_msg("%s: %zu of %d false alarms of the sums are too many for %g", noise_names[noise], won,
                     SUMS_RUNS, ALPHA);
        assert_true(won > 0);
    }
}

UNIT_TEST(broken_rules_break_the_bound_of_sums)
{
    struct world w = {.noise = QUIET,
                      .effect = log1p(with_mean.mean),
                      .pairs = 16,
                      .second_slice = 0.015,
                      .fixed_order = true};
    size_t won = sums_won(w, 1);
    print_message("# fixed order: sums win %zu of %d\n", won, SUMS_RUNS);
    assert_false(within_bound(won, SUMS_RUNS));
    w.fixed_order = false;
    won = sums_won(w, 1 / 3.);
    print_message("# a third of the threshold: sums win %zu of %d\n", won, SUMS_RUNS);
    assert_false(within_bound(won, SUMS_RUNS));
}

/* The same blocks with and without the sums: what does it cost unchanged code that they are looked at? */
UNIT_TEST(sums_cost_unchanged_code_no_blocks)
{
    static const enum noise noises[] = {QUIET, BURSTS, NEIGHBOUR, HEAVY_TAILS};
    for (size_t n = 0; n < sizeof noises / sizeof *noises; n++) {
        size_t blocks[2] = {0};
        for (int sums = 0; sums < 2; sums++) {
            struct world w = {.noise = noises[n], .pairs = 30, .second_slice = 0.001};
            for (size_t i = 0; i < 1000; i++) {
                struct baseline_decision d;
                qk_rng_seed(&w.rng, 20240302u + i);
                assert_int_equal(baseline_decision_init(&d, &with_mean, 0.001, 14, NULL), 0);
                d.sums = sums;
                for (int b = 0; b < BLOCKS && !d.decided; b++) {
                    const struct baseline_block at = block(&w);
                    baseline_decision_add(&d, &at);
                }
                blocks[sums] += d.blocks;
            }
        }
        print_message("# %s: %.2f blocks of unchanged code with sums, %.2f without\n", noise_names[noises[n]],
                      (double)blocks[1] / 1000, (double)blocks[0] / 1000);
        assert_true((double)blocks[1] < 1.01 * (double)blocks[0]);
    }
}

/*
 * What baselines/README.md says is found: stalls that come at random, in blocks of 30 pairs of 0.2 ms, of a
 * case among
 * 14. They are as long as it takes to be found with a probability of 95 %.
 */
UNIT_TEST(stalls_are_found)
{
    static const struct {
        double stalls, ms; /* in a block's 6 ms of the candidate's */
        bool found;
    } rows[] = {{1.25, 0.7, true}, {1.5, 0.35, true}, {3, 0.15, true},
                {10, 0.08, true},  {0.3, 100, false}, {3, 0.08, false}};
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        struct world w = {.noise = QUIET,
                          .pairs = 30,
                          .second_slice = 0.001,
                          .stalls = rows[n].stalls,
                          .stall = rows[n].ms / 0.2};
        size_t found = 0, blocks = 0;
        qk_rng_seed(&w.rng, 20240303u);
        for (size_t i = 0; i < 400; i++) {
            struct baseline_decision d;
            assert_int_equal(baseline_decision_init(&d, &with_mean, 0.001, 14, NULL), 0);
            for (int b = 0; b < BLOCKS && !d.decided; b++) {
                const struct baseline_block at = block(&w);
                baseline_decision_add(&d, &at);
            }
            found += d.verdict == BASELINE_WARN || d.verdict == BASELINE_REGRESSION;
            blocks += d.blocks;
        }
        print_message("# %g stalls of %g ms a block (mean +%.1f %%): %zu of 400 found, %.1f blocks\n",
                      rows[n].stalls, rows[n].ms, 100 * rows[n].stalls * rows[n].ms / 6, found,
                      (double)blocks / 400);
        assert_true(rows[n].found ? found >= 380 : found < 40);
    }
}

/* P(Binomial(10, 0.3) <= 2) is 0.3827828 (scipy.stats.binom.cdf(2, 10, 0.3), SciPy 1.10.1). */
UNIT_TEST(the_bound_is_binomial)
{
    assert_true(fabs(binomial_at_most(2, 10, 0.3) - 0.3827828) < 1e-7);
    assert_true(within_bound(100, RUNS) && !within_bound(200, RUNS));
}

UNIT_TESTS(decide_simulation, NULL, NULL)
