/* SPDX-License-Identifier: MIT */
/*
 * The gate between two programs that run a whole model: the decisions of a duet, on the times of groups of
 * tokens (harness/e2e/programs.h).
 */
#pragma once

#include "baselines/gate/policy.h"
#include "harness/e2e/programs.h"

struct baseline_e2e_config {
    const struct baseline_policy *policy;
    const char *model; /* as the report calls it; NULL: the trained one */
    /* Programs, model, threads, tokens, job, inject. The rest is filled in here. */
    struct bench_programs_config programs;
    double budget_s; /* wall time of it all; 0: baseline_e2e_budget */
};

/* Seconds at most, but for loading: the policy's budget of the case and of its two controls. */
double baseline_e2e_budget(const struct baseline_policy *policy);
/* "e2e/generate/MODEL", where MODEL of a file is its name without folders. */
void baseline_e2e_name(const char *model, char to[BASELINE_NAME]);

/*
 * Fills the results of *report: the case, and its controls when anything was timed. The caller sets its
 * other members and judges it. Free with baseline_report_free in any case. A program that cannot be trusted
 * is a verdict: INVALID with the reason. The three decisions share policy->alpha.
 *
 * QK_ERR_INVALID: no margin for the case, or no clock. Otherwise as bench_programs_run.
 */
int baseline_gate_e2e(const struct baseline_e2e_config *cfg, struct baseline_report *report,
                      struct qk_error *err);
