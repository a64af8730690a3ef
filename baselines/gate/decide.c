/* SPDX-License-Identifier: MIT */
#include "baselines/gate/decide.h"

#include <assert.h>
#include <math.h>

enum {
    BETS = 200,
    AT_LEAST_MORE = 7, /* blocks after `slower`: half of the 13 that the quickest proof takes */
    FAR = 6,           /* margins that a pair must lie away from it to be bet on */
    HELD_FOR = 60,     /* blocks of a case that only the sums want to go on with */
};
static const double SUMS_SHARE = 0.25; /* of alpha */

double baseline_log_e(size_t plus, size_t n)
{
    double term[BETS], largest = -INFINITY, sum = 0;
    assert(plus <= n);
    for (int i = 0; i < BETS; i++) {
        const double bet = (i + 0.5) / BETS;
        term[i] = (double)plus * log(1 + bet) + (double)(n - plus) * log(1 - bet);
        largest = term[i] > largest ? term[i] : largest;
    }
    for (int i = 0; i < BETS; i++)
        sum += exp(term[i] - largest);
    return largest + log(sum / BETS);
}

/*
 * Can ln E be as large as that? A mean is at most its largest member, and the best bet is known without
 * trying them all.
 */
static bool may_reach(size_t plus, size_t n, double log_e)
{
    const double share = n ? (double)plus / (double)n : 0;
    if (share <= 0.5)
        return log_e <= 0; /* an even or lost game: E is at most 1 */
    const double minus = share < 1 ? (1 - share) * log(1 - share) : 0, rounding = 1e-6;
    return (double)n * (M_LN2 + share * log(share) + minus) > log_e - rounding;
}

static bool won(size_t plus, size_t n, double threshold)
{
    return may_reach(plus, n, threshold) && baseline_log_e(plus, n) >= threshold;
}

/* share: the part of the case's alpha that the median's tests get. */
static int init(struct baseline_decision *d, double ignorable, double must_catch, double alpha, size_t cases,
                double share, struct qk_error *err)
{
    if (!(alpha > 0 && alpha < 1))
        return qk_fail(err, QK_ERR_ARG, "alpha", "found %g, expected a number between 0 and 1", alpha);
    if (cases == 0)
        return qk_fail(err, QK_ERR_ARG, "cases", "found no cases, expected at least one to share alpha");
    *d = (struct baseline_decision){.ignorable = ignorable,
                                    .must_catch = must_catch,
                                    .threshold = log((double)cases) - log(alpha) - log(share),
                                    .by_median = BASELINE_INCONCLUSIVE,
                                    .by_sums = BASELINE_PASS,
                                    .verdict = BASELINE_INCONCLUSIVE};
    return 0;
}

static struct baseline_sums_test sums_test(double margin, double alpha, size_t cases)
{
    return (struct baseline_sums_test){
        .margin = log1p(margin),
        .threshold = log((double)cases) - log(alpha) - log(SUMS_SHARE),
        .log_e = -INFINITY,
    };
}

int baseline_decision_init(struct baseline_decision *d, const struct baseline_margins *m, double alpha,
                           size_t cases, struct qk_error *err)
{
    if (!isfinite(m->ignorable) || !isfinite(m->must_catch) || m->ignorable < 0 ||
        m->ignorable > m->must_catch)
        return qk_fail(err, QK_ERR_ARG, "margins",
                       "found ignorable %g and must_catch %g, expected 0 <= ignorable <= must_catch",
                       m->ignorable, m->must_catch);
    if (!isfinite(m->mean) || (m->mean != 0 && m->mean < m->must_catch))
        return qk_fail(
            err, QK_ERR_ARG, "margins",
            "found mean %g and must_catch %g, expected a mean of at least must_catch, or 0 for none", m->mean,
            m->must_catch);
    const bool sums = m->mean > 0;
    const int code =
        init(d, log1p(m->ignorable), log1p(m->must_catch), alpha, cases, sums ? 1 - SUMS_SHARE : 1, err);
    if (code || !sums)
        return code;
    d->sums = true;
    d->mean = sums_test(m->mean, alpha, cases);
    d->triple = sums_test(3 * m->mean, alpha, cases);
    return 0;
}

int baseline_decision_bound(struct baseline_decision *d, double log_bound, double alpha, size_t cases,
                            struct qk_error *err)
{
    if (!isfinite(log_bound))
        return qk_fail(err, QK_ERR_ARG, "bound", "found %g, expected the logarithm of a ratio", log_bound);
    return init(d, log_bound, log_bound, alpha, cases, 1, err);
}

/* One process. Its stake grows with a plus only. Once won it stays won, though its stake may fall again. */
static void take(bool plus, size_t *count, bool *has_won, const struct baseline_decision *d)
{
    *count += plus;
    if (plus && !*has_won)
        *has_won = won(*count, d->median_blocks, d->threshold);
}

static void take_middle(struct baseline_decision *d, double log_ratio)
{
    d->median_blocks++;
    take(log_ratio > d->ignorable, &d->above_ignorable, &d->slower, d);
    take(log_ratio > d->must_catch, &d->above_must_catch, &d->beyond, d);
    take(log_ratio < d->must_catch, &d->below_must_catch, &d->within, d);
    if (d->slower && !d->slower_at)
        d->slower_at = d->median_blocks;
    /* That it is slower is proven; how much must not take many times as long. */
    const size_t quarter = (d->slower_at + 3) / 4, more = quarter > AT_LEAST_MORE ? quarter : AT_LEAST_MORE;
    const bool long_enough = d->slower && d->median_blocks >= d->slower_at + more;
    d->median_decided = d->beyond || d->within || long_enough;
    if (d->beyond) /* then also slower: it has had at least as many signs */
        d->by_median = BASELINE_REGRESSION;
    else if (d->slower)
        d->by_median =
            !d->within && 2 * d->above_must_catch > d->median_blocks ? BASELINE_REGRESSION : BASELINE_WARN;
    else if (d->within)
        d->by_median = BASELINE_PASS;
}

static double sum(const double *ns, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += ns[i];
    return total;
}

static void take_pair(struct baseline_sums_test *t, double log_ratio)
{
    const double above = log_ratio - t->margin, far = FAR * t->margin;
    t->far += fabs(above) > far;
    t->far_above += above > far;
}

/* ln of the mean of two stakes; one of them may be nothing. */
static double log_mean(double a, double b)
{
    const double larger = fmax(a, b);
    return larger == -INFINITY ? larger : larger + log1p(exp(fmin(a, b) - larger)) - M_LN2;
}

/* The pairs of the block are taken. */
static void take_sum(struct baseline_sums_test *t, double log_sums, size_t blocks)
{
    const double half = t->threshold / 2;
    t->above += log_sums > t->margin;
    t->log_e = -INFINITY;
    if (may_reach(t->above, blocks, half) || may_reach(t->far_above, t->far, half))
        t->log_e = log_mean(baseline_log_e(t->above, blocks), baseline_log_e(t->far_above, t->far));
}

static void take_sums(struct baseline_decision *d, const struct baseline_block *block, double log_sums)
{
    for (size_t p = 0; p < block->pairs; p++) {
        const double log_ratio = log(block->cand_ns[p] / block->base_ns[p]);
        take_pair(&d->mean, log_ratio);
        take_pair(&d->triple, log_ratio);
    }
    take_sum(&d->mean, log_sums, d->blocks);
    take_sum(&d->triple, log_sums, d->blocks);
    d->mean.log_e = log_mean(d->mean.log_e, d->triple.log_e);
    d->mean.won |= d->mean.log_e >= d->mean.threshold;
    d->triple.won |= d->triple.log_e >= d->triple.threshold;
    const double found = log(baseline_decision_mean(d));
    d->by_sums = BASELINE_PASS;
    if (d->mean.won && found > d->mean.margin)
        d->by_sums = d->triple.won && found > d->triple.margin ? BASELINE_REGRESSION : BASELINE_WARN;
}

/* Is a worse verdict near, so that a case which the median has decided is worth more blocks? */
static bool held(const struct baseline_decision *d)
{
    const struct baseline_sums_test *next = d->mean.won ? &d->triple : &d->mean;
    return d->sums && d->blocks < HELD_FOR && !next->won && next->log_e > next->threshold / 2;
}

static bool are_times(const double *ns, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= ns[i] > 0 && isfinite(ns[i]);
    return good;
}

/* The sums only make it worse: what the median has not decided is worse than a WARN. */
static void judge(struct baseline_decision *d)
{
    d->verdict = d->by_median;
    if (d->by_sums == BASELINE_REGRESSION || (d->by_sums == BASELINE_WARN && d->by_median == BASELINE_PASS))
        d->verdict = d->by_sums;
}

bool baseline_decision_add(struct baseline_decision *d, const struct baseline_block *block)
{
    if (d->decided) {
        if (d->verdict != BASELINE_INVALID && d->slower && !d->beyond && !d->within &&
            isfinite(block->log_ratio)) {
            take_middle(d, block->log_ratio);
            judge(d);
        }
        return true;
    }
    const double base_sum = sum(block->base_ns, block->pairs), cand_sum = sum(block->cand_ns, block->pairs);
    d->blocks++;
    d->base_sum += base_sum;
    d->cand_sum += cand_sum;
    if (!isfinite(block->log_ratio) || !block->pairs || !are_times(block->base_ns, block->pairs) ||
        !are_times(block->cand_ns, block->pairs)) {
        d->verdict = BASELINE_INVALID;
        return d->decided = true;
    }
    if (!d->median_decided)
        take_middle(d, block->log_ratio);
    if (d->sums)
        take_sums(d, block, log(cand_sum / base_sum));
    judge(d);
    d->decided = d->by_sums == BASELINE_REGRESSION ||
                 (d->median_decided && (d->by_median == BASELINE_REGRESSION || !held(d)));
    return d->decided;
}

double baseline_decision_mean(const struct baseline_decision *d)
{
    return d->blocks ? d->cand_sum / d->base_sum : NAN;
}
