/* SPDX-License-Identifier: MIT */
/*
 * What a figure in a record may be. Readers refuse what lies outside and say where, and nothing outside is
 * written. The ends are allowed. The schemas state the same numbers.
 */
#pragma once

#include <math.h>
#include <stdbool.h>

#define BENCH_NS_LEAST    1e-3  /* of a call, block or token: no clock can have measured less, */
#define BENCH_NS_MOST     1e15  /* and eleven days are more than any run */
#define BENCH_RATIO_LEAST 1e-18 /* of two such times */
#define BENCH_RATIO_MOST  1e18
#define BENCH_GHZ_LEAST   1e-3
#define BENCH_GHZ_MOST    1e3
#define BENCH_FIGURE_MOST 1e18   /* size of any other figure: sums and products of a few stay finite */
#define BENCH_WHOLE_MOST  0x1p53 /* whole numbers up to here are exact in a double and in every JSON reader */

/* NaN is not. */
static inline bool bench_is_time(double ns)
{
    return ns >= BENCH_NS_LEAST && ns <= BENCH_NS_MOST;
}

/* Or NaN, for unknown. */
static inline bool bench_is_ghz(double ghz)
{
    return isnan(ghz) || (ghz >= BENCH_GHZ_LEAST && ghz <= BENCH_GHZ_MOST);
}

/* Of a time or count that may be 0. */
static inline bool bench_is_amount(double x)
{
    return x >= 0 && x <= BENCH_NS_MOST;
}
