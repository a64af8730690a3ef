/* SPDX-License-Identifier: MIT */
/*
 * Dot products in f32: one value is the sum of n products t = s * w * x (s = 1 where there is no scale), in
 * an order and grouping of the variant's own. The scale may be applied to the weight, to the product or to
 * any partial sum of its block. There are at least eight partial sums, so that the error stays below that of
 * eight running sums:
 *     |y - exact| <= (n / 8 + 16) * 2^-24 * sum |t|  +  2^-149 * sum (1 + |s| + |x|)
 * The second part is what denormal products lose. The bound holds as long as no |s * w| and neither sum |t|
 * nor sum |w
 * * x| exceeds FLT_MAX; beyond that any value may come out. A NaN among the values used makes the result NaN,
 * an
 * infinity makes it infinite or NaN; a table entry that no code picks is not used. The reference is held to
 * the same bound. Source: n additions in any order are off by at most (n - 1) roundings of the sum of
 * magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 4.2), here n / 8 of them per partial
 * sum.
 *
 * This file makes the values of such cases and judges their results: the exact sum and its bound are worked
 * out from the inputs in double, whose own error is 2^-29 of the bound's first part.
 */
#pragma once

#include "kernels/case.h"

#include <math.h>

struct qk_dot {
    size_t n;
    double sum, magnitude; /* of s * w * x */
    double unscaled;       /* sum |w * x| */
    double widest;         /* largest |s * w| */
    double lost;           /* sum 1 + |s| + |x| */
    bool nan, infinite;    /* among the values used */
};

/*
 * One more product. Here, as it is called for a billion weights of a matrix from memory: in registers it
 * takes a third.
 */
static inline void qk_dot_add(struct qk_dot *dot, float s, float w, float x)
{
    const double t = (double)s * (double)w * (double)x, scaled = fabs((double)s * (double)w);
    dot->n++;
    dot->nan |= isnan(s) || isnan(w) || isnan(x);
    dot->infinite |= isinf(s) || isinf(w) || isinf(x);
    dot->sum += t;
    dot->magnitude += fabs(t);
    dot->unscaled += fabs((double)w * (double)x);
    dot->widest = scaled > dot->widest ? scaled : dot->widest;
    dot->lost += 1.0 + fabs((double)s) + fabs((double)x);
}
/* Whether `found` may come out; otherwise says in why[size] what was found and expected in row `row`. */
bool qk_dot_agrees(const struct qk_dot *dot, float found, size_t row, char *why, size_t size);

/*
 * n values. QK_FILL_EXTREME: zeros of both signs, denormals, large and small ones; in one call of two an
 * infinity or a NaN or two infinities among them. None when `to` is NULL. Otherwise of size 0.5 to 1.5 and
 * both signs: every bit of them counts in a sum.
 */
void qk_dot_fill(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng);
