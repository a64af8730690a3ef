/* SPDX-License-Identifier: MIT */
/*
 * Dot products in f32. A value is the sum of n products t = s * w * x, with s = 1 where there is no scale.
 * Each variant chooses its own order and grouping. It may apply the scale to the weight, to the product, or
 * to any partial sum of its block. It keeps at least eight partial sums, so that its error stays below that
 * of eight running sums:
 *
 *     |y - exact| <= (n / 8 + 16) * 2^-24 * sum |t|  +  2^-149 * sum (1 + |s| + |x|)
 *
 * The second part is what denormal products lose. The reference is held to the same bound. Other rules:
 *
 *    - The bound holds as long as no |s * w|, nor sum |t|, nor sum |w * x| exceeds FLT_MAX. Beyond that any
 *      value may come out.
 *    - A NaN among the values used makes the result NaN. An infinity makes it infinite or NaN.
 *    - A table entry that no code picks is not used.
 *
 * Source: n additions in any order are off by at most (n - 1) roundings of the sum of magnitudes (Higham,
 * Accuracy and Stability of Numerical Algorithms, 4.2). Here each partial sum has n / 8 of them.
 *
 * This file makes the values of such cases and judges their results. It computes the exact sum and its bound
 * from the inputs in double. The error of that is 2^-29 of the bound's first part.
 */
#pragma once

#include "kernels/cases/case.h"

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
 * Adds one more product. It is inline, because the checks call it for a billion weights of a matrix: with the
 * struct in registers it takes a third of the time.
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
/* True when `found` is allowed. Otherwise why[size] says what was found and expected in row `row`. */
bool qk_dot_agrees(const struct qk_dot *dot, float found, size_t row, char *why, size_t size);

/*
 * Fills n values; draws none when `to` is NULL. With QK_FILL_EXTREME they are zeros of both signs, denormals,
 * large and small values. About half of those calls also put infinities or NaNs among them. With the other
 * fills they have magnitude 0.5 to 1.5 and both signs, so that every bit of them counts in a sum.
 */
void qk_dot_fill(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng);
