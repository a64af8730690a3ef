/* SPDX-License-Identifier: MIT */
#include "kernels/cases/dot.h"

#include <float.h>
#include <stdio.h>

/* fmax would be the only thing wanted of libm. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

bool qk_dot_agrees(const struct qk_dot *dot, float found, size_t row, char *why, size_t size)
{
    const double bound = ((double)dot->n / 8 + 16) * 0x1p-24 * dot->magnitude + 0x1p-149 * dot->lost;
    if (dot->nan || dot->infinite) {
        if (isnan(found) || (!dot->nan && isinf(found)))
            return true;
        snprintf(why, size, "row %zu: found %a; expected %s, as its inputs hold one", row, (double)found,
                 dot->nan ? "NaN" : "an infinity or NaN");
        return false;
    }
    if (larger(larger(dot->magnitude, dot->unscaled), dot->widest) > (double)FLT_MAX)
        return true;
    if (fabs((double)found - dot->sum) <= bound) /* false for NaN */
        return true;
    snprintf(why, size, "row %zu: found %.9g, expected %.9g within %.3g; off by %.3g", row, (double)found,
             dot->sum, bound, fabs((double)found - dot->sum));
    return false;
}

void qk_dot_fill(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng)
{
    static const float odd[] = {0.0f,  -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffcp-127f, 0x1p100f,
                                -1.0f, 1.0f,  1e-30f,    -1e15f,     0x1p-75f,  -0x1p-20f,        0x1p20f};
    static const float broken[] = {INFINITY, -INFINITY, NAN};
    if (!to)
        return;
    for (size_t i = 0; i < n; i++)
        if (kind == QK_FILL_EXTREME && qk_rng_below(rng, 2))
            to[i] = odd[qk_rng_below(rng, sizeof odd / sizeof *odd)];
        else
            to[i] = (0.5f + qk_rng_unit(rng)) * (qk_rng_below(rng, 2) ? 1.0f : -1.0f);
    if (kind == QK_FILL_EXTREME && n && qk_rng_below(rng, 2))
        for (int i = 0; i < 2; i++)
            to[qk_rng_below(rng, n)] = broken[qk_rng_below(rng, 3)];
}
