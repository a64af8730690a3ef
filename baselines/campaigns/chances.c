/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/chances.h"

#include <math.h>

/*
 * The continued fraction of the incomplete beta function, by Lentz's method (Press et al., Numerical Recipes,
 * 6.4). It needs about sqrt(max(a, b)) steps for x below the middle.
 */
static double fraction(double x, double a, double b)
{
    enum { STEPS = 100000 };
    const double least = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < least ? least : d);
    double all = d;
    for (int m = 1; m <= STEPS; m++) {
        const double terms[] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
        double step = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            c = 1 + terms[i] / c;
            d = 1 / (fabs(d) < least ? least : d);
            c = fabs(c) < least ? least : c;
            step = c * d;
            all *= step;
        }
        if (fabs(step - 1) < 1e-14)
            break;
    }
    return all;
}

double baseline_beta(double x, double a, double b)
{
    if (x <= 0 || x >= 1)
        return x > 0;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b;
}

/* The x at which Beta(a, b) has the share. */
static double beta_at(double share, double a, double b)
{
    double low = 0, high = 1;
    for (int i = 0; i < 60; i++) {
        const double x = (low + high) / 2;
        *(baseline_beta(x, a, b) < share ? &low : &high) = x;
    }
    return (low + high) / 2;
}

struct baseline_rate baseline_rate(size_t hits, size_t runs)
{
    const double k = (double)hits, n = (double)runs;
    return (struct baseline_rate){hits, runs, hits ? beta_at(0.025, k, n - k + 1) : 0,
                                  hits < runs ? beta_at(0.975, k + 1, n - k) : 1};
}

double baseline_student(double t, double freedom)
{
    return baseline_beta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

double baseline_normal(double z)
{
    return erfc(fabs(z) / M_SQRT2);
}
