/* SPDX-License-Identifier: MIT */
/*
 * Time, and the real core clock without a PMU. A chain of N dependent 32-bit integer multiplies takes N times
 * the multiply's latency in core cycles, whatever the frequency is at that moment. The latency of the 64-bit
 * form differs between cores of one family. clock.c names the sources.
 */
#pragma once

#include "kernels/support.h"

/* CLOCK_MONOTONIC in ns since an arbitrary start. */
uint64_t bench_clock_ns(void);
/* ns from `start` to now. Below 0 when the clock went back. */
static inline double bench_clock_since(uint64_t start)
{
    return (double)(int64_t)(bench_clock_ns() - start);
}

/*
 * The smallest step of the clock, in ns. The first call measures it, with a bounded number of readings.
 * INFINITY when the clock stands still.
 */
double bench_clock_step(void);
/* `what` takes `ns`. QK_ERR_INVALID, naming the clock's step, when that is less than a hundred steps. */
int bench_clock_check(double ns, const char *what, struct qk_error *err);

/* The clock and others to compare it with. Read them before and after a block. */
enum { BENCH_CLOCKS_BESIDE = 2 };
struct bench_clocks {
    uint64_t ns;                          /* bench_clock_ns */
    uint64_t beside[BENCH_CLOCKS_BESIDE]; /* CLOCK_MONOTONIC_RAW, CLOCK_REALTIME */
    double task_ns;                       /* CPU time of the calling thread, as getrusage tells it */
};
void bench_clocks_read(struct bench_clocks *now);
/*
 * Compares two readings of one thread. NULL when the clock can be believed, else why it cannot. It stood
 * still or went back, or it lost or gained more than a tenth (and 10 ms) against the others. A clock that
 * somebody set looks the same.
 */
const char *bench_clocks_differ(const struct bench_clocks *begin, const struct bench_clocks *end);
/* The same over the next 30 ms, in which the thread does nothing else. One jump is forgiven. */
const char *bench_clocks_watch(void);

/* What was measured and then dropped, because the clock could not be believed. */
struct bench_dropped {
    uint64_t count;
    char why[160]; /* the first reason */
};
void bench_dropped_add(struct bench_dropped *to, const char *why);

/*
 * Estimated core clock in GHz right now. It takes about 60 us. It is the fastest of a few chains, because
 * every disturbance makes a chain longer. NaN, with the reason in why[size], where this file does not know
 * the CPU's multiply latency or the system clock fails. Otherwise why is not written.
 */
double bench_clock_ghz(char *why, size_t size);
