/* SPDX-License-Identifier: MIT */
/* Where the calling thread runs. */
#ifndef QKBENCH_HARNESS_MACHINE_PINNING_H
#define QKBENCH_HARNESS_MACHINE_PINNING_H

#include "kernels/support.h"

/*
 * Pins the calling thread to `cpu`. If that is negative, to the last one the thread may run on, because CPU 0 takes
 * most interrupts. Returns the CPU, or QK_ERR_ARG naming those that are allowed.
 */
int bench_pin(int cpu, struct qk_error *err);

#endif
