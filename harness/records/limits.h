/* SPDX-License-Identifier: MIT */
/*
 * The bounds of figures in records. Both ends are allowed. Readers refuse what lies outside and say where,
 * and writers write nothing outside. The schemas state the same numbers.
 */
#pragma once

#include <math.h>
#include <stdbool.h>

#define BENCH_NS_LEAST    1e-3  /* time of a call, block or token: no clock can measure less */
#define BENCH_NS_MOST     1e15  /* eleven days, more than any run takes */
#define BENCH_RATIO_LEAST 1e-18 /* ratio of two such times */
#define BENCH_RATIO_MOST  1e18
#define BENCH_GHZ_LEAST   1e-3
#define BENCH_GHZ_MOST    1e3
#define BENCH_FIGURE_MOST 1e18 /* size of any other figure, so that sums and products of a few stay finite */
#define BENCH_WHOLE_MOST  0x1p53 /* whole numbers up to here are exact in a double and in every JSON reader */

/* False for NaN. */
static inline bool bench_is_time(double ns)
{
    return ns >= BENCH_NS_LEAST && ns <= BENCH_NS_MOST;
}

/* True for NaN, which means unknown. */
static inline bool bench_is_ghz(double ghz)
{
    return isnan(ghz) || (ghz >= BENCH_GHZ_LEAST && ghz <= BENCH_GHZ_MOST);
}

/* For a time or count that may be 0. */
static inline bool bench_is_amount(double x)
{
    return x >= 0 && x <= BENCH_NS_MOST;
}
