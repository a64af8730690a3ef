/* SPDX-License-Identifier: MIT */
/* Exact chances: how far a count of runs bounds a rate, and the tails of Student's distribution. */
#pragma once

#include <stddef.h>

/* The share that a Beta(a, b) has at or below x. a, b > 0; x in [0, 1]. */
double baseline_beta(double x, double a, double b);

/* k of n, and the interval that holds the true rate with 95 % probability at least. */
struct baseline_rate {
    size_t hits, runs;
    double low, high; /* 0 and 1 when there are no runs */
};

/*
 * Clopper-Pearson: each end leaves 2.5 %. Where k is 0 or n, the open end still leaves 2.5 %. Source: Clopper
 * and Pearson, Biometrika 26 (1934).
 */
struct baseline_rate baseline_rate(size_t hits, size_t runs);

/* Both tails of Student's distribution beyond |t|. */
double baseline_student(double t, double freedom);
/* Both tails of the normal distribution beyond |z|. */
double baseline_normal(double z);
