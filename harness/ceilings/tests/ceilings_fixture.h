/* SPDX-License-Identifier: MIT */
#pragma once

#include "harness/ceilings/private.h"

/*
 * Ceilings of a made-up machine: two CPUs, 32 KiB L1, 1 MiB L2, 32 MiB L3 that both share, no AVXVNNI.
 * GB/s by one thread, at every ISA level:
 *                  L1   L2   L3  DRAM
 *    read         200  100   50    20
 *    write        100  100   50    10
 *    copy         200  100   50    10
 *    nt_write      16   16   16    16
 *
 * Peaks are 2 instructions per ns at 4 GHz. Two threads have twice that. Medians are 9/10. Free with
 * bench_ceilings_free.
 */
void bench_test_ceilings(struct bench_ceilings *c);
/* The CPU of that machine: it has everything but AVXVNNI. */
struct qk_cpu bench_test_cpu(void);
