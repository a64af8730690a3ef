/* SPDX-License-Identifier: MIT */
#ifndef QKBENCH_HARNESS_CEILINGS_TESTS_CEILINGS_FIXTURE_H
#define QKBENCH_HARNESS_CEILINGS_TESTS_CEILINGS_FIXTURE_H

#include "harness/ceilings/private.h"

/*
 * Ceilings of a machine that never was: two CPUs, 32 KiB L1, 1 MiB L2, 32 MiB L3 that both share, no AVXVNNI. By one
 * thread, read and write go at 200 and 100 GB/s in L1, 100 and 100 in L2, 50 and 50 in L3, 20 and 10 in DRAM at every
 * ISA level; a copy at 200, 100, 50 and 10; a non-temporal write at 16 everywhere. Peaks are 2 instructions per ns at
 * 4 GHz. Two threads have twice that; medians are 9/10. Free with bench_ceilings_free.
 */
void bench_test_ceilings(struct bench_ceilings *c);
/* Of that machine: everything but AVXVNNI. */
struct qk_cpu bench_test_cpu(void);

#endif
