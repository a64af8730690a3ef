/* SPDX-License-Identifier: MIT */
#include "model/forward/compare_logits.h"

#include <math.h>

static size_t largest(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

static double gap_below(const float *x, size_t n, size_t best)
{
    double second = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (i != best && x[i] > second)
            second = x[i];
    return x[best] - second;
}

void model_compare_logits(const float *got, const float *reference, size_t positions, size_t vocab,
                          struct model_logits_position *each, struct model_logits_comparison *all)
{
    double all_error = 0, all_square = 0;
    *all = (struct model_logits_comparison){.positions = positions, .smallest_gap = INFINITY};
    for (size_t p = 0; p < positions; p++) {
        const float *a = got + p * vocab, *b = reference + p * vocab;
        double error = 0, square = 0;
        for (size_t i = 0; i < vocab; i++) {
            const double difference = (double)a[i] - b[i];
            error += difference * difference;
            square += (double)b[i] * b[i];
        }
        struct model_logits_position at = {.relative_rms = sqrt(error / square),
                                           .argmax = largest(a, vocab),
                                           .reference_argmax = largest(b, vocab)};
        at.gap = gap_below(b, vocab, at.reference_argmax);
        if (!isfinite(at.relative_rms))
            at.relative_rms = NAN;
        all_error += error;
        all_square += square;
        all->agree += at.argmax == at.reference_argmax;
        all->smallest_gap = fmin(all->smallest_gap, at.gap);
        if (at.argmax != at.reference_argmax)
            all->widest_disagreement = fmax(all->widest_disagreement, at.gap);
        if (isnan(at.relative_rms) ||
            at.relative_rms > all->worst) { /* once NaN, always NaN: no comparison leaves it */
            if (!isnan(all->worst)) {
                all->worst = at.relative_rms;
                all->worst_position = p;
            }
        }
        if (each)
            each[p] = at;
    }
    all->relative_rms = sqrt(all_error / all_square);
    if (!isfinite(all->relative_rms))
        all->relative_rms = NAN;
}
