/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/tokens.h"

#include <stdio.h>

/* One flip of an int8 rounding is worth 1/127 of a row's maximum, so a near tie may change hands. */
static const double worst_over_all = 1.5, near_tie = 0.3;

/* Prints positions and summary. Within the tolerance? */
bool cli_judge_logits(const struct model_logits_position *each, const struct model_logits_comparison *all,
                      bool int8, double tolerance)
{
    const double worst_allowed = int8 ? worst_over_all * tolerance : tolerance;
    printf("position  relative RMS  arg-max  reference      gap\n");
    for (size_t p = 0; p < all->positions; p++)
        printf("%8zu  %12.3e  %7zu  %9zu  %7.4f%s\n", p, each[p].relative_rms, each[p].argmax,
               each[p].reference_argmax, each[p].gap,
               each[p].argmax != each[p].reference_argmax ? "  other arg-max"
               : !(each[p].relative_rms <= worst_allowed) ? "  outside"
                                                          : "");
    printf("\nrelative RMS over all      %.3e\n", all->relative_rms);
    printf("at the worst position      %.3e (position %zu)\n", all->worst, all->worst_position);
    printf("same arg-max               %zu of %zu; smallest gap of the reference's top two %.4f", all->agree,
           all->positions, all->smallest_gap);
    if (all->agree < all->positions)
        printf(", widest where they differ %.4f", all->widest_disagreement);
    const bool within = all->relative_rms <= tolerance && all->worst <= worst_allowed &&
                        (!int8 || !(all->widest_disagreement > near_tie));
    if (int8)
        printf("\nrule, int8 activations     %g over all, %g at each position, same arg-max where the gap is "
               "above %g\n",
               tolerance, worst_allowed, near_tie);
    else
        printf("\nrule, f32 activations      %g at each position\n", tolerance);
    puts(within ? "within the tolerance" : "OUTSIDE the tolerance");
    return within;
}
