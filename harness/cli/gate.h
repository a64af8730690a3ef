/* SPDX-License-Identifier: MIT */
/* The ways a gate measures. gate.c has the options, the outputs, the lock and the exit code. */
#ifndef QKBENCH_HARNESS_CLI_GATE_H
#define QKBENCH_HARNESS_CLI_GATE_H

#include "baselines/policy.h"

/*
 * A fresh run and, where the baseline has components, breakdown of this machine against a stored baseline: by name
 * (dir: see baselines/baseline.h; NULL for none) or the path of a file. Without patterns all cases of the baseline's
 * shapes. Fills the results, mode, base, candidate, their compilers, env, seed and perhaps the reason of *report; the
 * rest and baseline_report_judge are the caller's. When the machine or toolchain is another one nothing is measured and
 * all results are INVALID. QK_ERR_INVALID when the baseline cannot be used (missing, unreadable) or nothing was
 * measured; else as bench_run. Free *report with baseline_report_free in any case.
 */
int cli_gate_baseline(const char *name, const char *dir, char **patterns, size_t pattern_count, bool quick,
                      int cpu, uint64_t seed, struct baseline_policy *policy, struct baseline_report *report,
                      struct qk_error *err);

#endif
