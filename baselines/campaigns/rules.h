/* SPDX-License-Identifier: MIT */
/*
 * How others decide whether B is slower than A. Formulas alone: replay.h says which times they get. Every
 * test here is as its tool has it, so that a trace can be decided by any of them.
 */
#pragma once

#include <stddef.h>

struct baseline_sample {
    const double *x;
    size_t count;
};

/*
 * Mann-Whitney U test, both sides, as compare.py of google-benchmark takes it from scipy: a normal
 * approximation with corrections for ties and continuity. scipy computes exact chances for samples of at most
 * 8 without ties; those are refused here, and compare.py too asks for nine repetitions. Returns p; NaN when
 * a sample has fewer than nine or memory is refused. p is 1 when all values are equal.
 */
double baseline_mann_whitney(struct baseline_sample a, struct baseline_sample b);
enum { BASELINE_REPETITIONS = 9 };

/* Welch's t test of two means, both sides. p; NaN when a sample has fewer than two or nothing varies. */
double baseline_welch(struct baseline_sample a, struct baseline_sample b);

/*
 * Wilcoxon's signed-rank test: are the x above 0? One side. Zeros are left out and ties share their rank. Up
 * to 60 values the chance is exact, given those ranks; above, a normal approximation with continuity. p; NaN
 * when no value is left or memory is refused.
 */
double baseline_signed_rank(struct baseline_sample x);

double baseline_mean(struct baseline_sample x);
double baseline_least(struct baseline_sample x);
