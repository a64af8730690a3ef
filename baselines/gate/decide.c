/* SPDX-License-Identifier: MIT */
#include "baselines/gate/decide.h"

#include <assert.h>
#include <math.h>

enum {
    BETS = 200,
    AT_LEAST_MORE = 7, /* blocks after `slower`: half of the 13 that the quickest proof takes */
};

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

/* Has the process won? A mean is at most its largest member, and the best bet is known without trying them all. */
static bool won(size_t plus, size_t n, double threshold)
{
    const double share = (double)plus / (double)n;
    if (share <= 0.5)
        return false; /* an even or lost game: E is at most 1, and the threshold is above that */
    const double minus = share < 1 ? (1 - share) * log(1 - share) : 0, rounding = 1e-6;
    const double best = (double)n * (M_LN2 + share * log(share) + minus);
    return best > threshold - rounding && baseline_log_e(plus, n) >= threshold;
}

static int init(struct baseline_decision *d, double ignorable, double must_catch, double alpha, size_t cases,
                struct qk_error *err)
{
    if (!(alpha > 0 && alpha < 1))
        return qk_fail(err, QK_ERR_ARG, "alpha", "found %g, expected a number between 0 and 1", alpha);
    if (cases == 0)
        return qk_fail(err, QK_ERR_ARG, "cases", "found no cases, expected at least one to share alpha");
    *d = (struct baseline_decision){.ignorable = ignorable,
                                    .must_catch = must_catch,
                                    .threshold = log((double)cases) - log(alpha),
                                    .verdict = BASELINE_INCONCLUSIVE};
    return 0;
}

int baseline_decision_init(struct baseline_decision *d, const struct baseline_margins *m, double alpha,
                           size_t cases, struct qk_error *err)
{
    if (!isfinite(m->ignorable) || !isfinite(m->must_catch) || m->ignorable < 0 ||
        m->ignorable > m->must_catch)
        return qk_fail(err, QK_ERR_ARG, "margins",
                       "found ignorable %g and must_catch %g, expected 0 <= ignorable <= must_catch",
                       m->ignorable, m->must_catch);
    return init(d, log1p(m->ignorable), log1p(m->must_catch), alpha, cases, err);
}

int baseline_decision_bound(struct baseline_decision *d, double log_bound, double alpha, size_t cases,
                            struct qk_error *err)
{
    if (!isfinite(log_bound))
        return qk_fail(err, QK_ERR_ARG, "bound", "found %g, expected the logarithm of a ratio", log_bound);
    return init(d, log_bound, log_bound, alpha, cases, err);
}

/* One process. Its stake grows with a plus only, and one that won once has won, though its stake may fall again. */
static void take(bool plus, size_t *count, bool *has_won, const struct baseline_decision *d)
{
    *count += plus;
    if (plus && !*has_won)
        *has_won = won(*count, d->blocks, d->threshold);
}

bool baseline_decision_add(struct baseline_decision *d, double log_ratio)
{
    if (d->decided)
        return true;
    d->blocks++;
    if (!isfinite(log_ratio)) {
        d->verdict = BASELINE_INVALID;
        return d->decided = true;
    }
    take(log_ratio > d->ignorable, &d->above_ignorable, &d->slower, d);
    take(log_ratio > d->must_catch, &d->above_must_catch, &d->beyond, d);
    take(log_ratio < d->must_catch, &d->below_must_catch, &d->within, d);
    if (d->slower && !d->slower_at)
        d->slower_at = d->blocks;
    /* That it is slower is proven; how much must not take many times as long. */
    const size_t quarter = (d->slower_at + 3) / 4, more = quarter > AT_LEAST_MORE ? quarter : AT_LEAST_MORE;
    const bool long_enough = d->slower && d->blocks >= d->slower_at + more;
    d->decided = d->beyond || d->within || long_enough;
    if (d->beyond) /* then also slower: it has had at least as many signs */
        d->verdict = BASELINE_REGRESSION;
    else if (d->slower)
        d->verdict = !d->within && 2 * d->above_must_catch > d->blocks ? BASELINE_REGRESSION : BASELINE_WARN;
    else if (d->within)
        d->verdict = BASELINE_PASS;
    return d->decided;
}
