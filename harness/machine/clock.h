/* SPDX-License-Identifier: MIT */
/*
 * Time, and the real core clock without a PMU. A chain of N dependent 32-bit integer multiplies takes N times the
 * multiply's latency in core cycles, whatever the frequency is at that moment. (The 64-bit form's latency differs
 * between cores of one family. clock.c names the sources.)
 */
#ifndef QKBENCH_HARNESS_MACHINE_CLOCK_H
#define QKBENCH_HARNESS_MACHINE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in ns since an arbitrary start. */
uint64_t bench_clock_ns(void);

/*
 * Estimated core clock in GHz right now. It takes about 60 us. It is the fastest of a few chains, because anything that
 * disturbs one only makes it longer. NaN, with the reason in why[size], on a CPU whose multiply latency is not known to
 * this file. Otherwise why is not written.
 */
double bench_clock_ghz(char *why, size_t size);

#endif
