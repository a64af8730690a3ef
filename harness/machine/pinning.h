/* SPDX-License-Identifier: MIT */
/* Where the calling thread runs. */
#ifndef QKBENCH_HARNESS_MACHINE_PINNING_H
#define QKBENCH_HARNESS_MACHINE_PINNING_H

#include "kernels/support.h"

/*
 * Pins the calling thread to cpu; cpu < 0: to the last one it may run on (CPU 0 takes most interrupts). Returns the CPU,
 * or QK_ERR_ARG naming those that are allowed.
 */
int bench_pin(int cpu, struct qk_error *err);

#endif
