/* SPDX-License-Identifier: MIT */
/*
 * How the cases of f32 dot products make values and judge results: the exact sum and its bound (op_types.h), worked out
 * from the inputs in double, whose own error is 2^-29 of the bound's first part.
 */
#ifndef QKBENCH_KERNELS_DOT_H
#define QKBENCH_KERNELS_DOT_H

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

/* One more product. Here, as it is called for a billion weights of a matrix from memory: in registers it takes a third. */
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
 * n values. QK_FILL_EXTREME: zeros of both signs, denormals, large and small ones; in one call of two an infinity or a
 * NaN or two infinities among them. Otherwise of size 0.5 to 1.5 and both signs: every bit of them counts in a sum.
 */
void qk_dot_fill(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng);

#endif
