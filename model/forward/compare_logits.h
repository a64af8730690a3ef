/* SPDX-License-Identifier: MIT */
/*
 * How far logits are from those of a reference. At a position the distance is the root of the mean squared
 * difference, divided by the root of the reference's mean square. int8 activations are a step function: a
 * difference in the last place before a rounding can become 1/127 of a row's largest value. The caller
 * decides how near is near enough.
 */
#pragma once

#include "kernels/support.h"

struct model_logits_position {
    double relative_rms; /* NaN when a logit is not finite or the reference is all 0 */
    double gap;          /* between the reference's two largest */
    size_t argmax, reference_argmax;
};

struct model_logits_comparison {
    double relative_rms, worst; /* over all positions together; at the worst one */
    size_t worst_position;
    size_t agree, positions; /* agree: with the same arg-max */
    double smallest_gap;     /* over all positions */
    /* The reference's largest gap at a position where the arg-max differs. 0 when it never differs. */
    double widest_disagreement;
};

/* got, reference: [positions * vocab], vocab >= 2, positions >= 1. each: [positions], or NULL. */
void model_compare_logits(const float *got, const float *reference, size_t positions, size_t vocab,
                          struct model_logits_position *each, struct model_logits_comparison *all);
