/* SPDX-License-Identifier: MIT */
/* The counting pass of a run: everything that is counted of one arm, on the buffers it was timed on. */
#ifndef QKBENCH_HARNESS_COUNTERS_ARM_H
#define QKBENCH_HARNESS_COUNTERS_ARM_H

#include "harness/counters.h"
#include "harness/group.h"

/* For bench_run_config.count. QK_ERR_MEMORY, QK_ERR_INTERRUPTED; what cannot be counted is a metric with its reason. */
int bench_counters_arm(struct bench_counters *c, struct bench_arm *arm, struct bench_record *rec,
                       struct qk_error *err);

#endif
