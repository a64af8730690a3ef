/* SPDX-License-Identifier: MIT */
/*
 * The gate between two builds: what is timed, with which margins, and what each verdict is. A duet
 * (harness/duet/duet.h) measures, and asks the sequential decision (decide.h) after each block.
 */
#pragma once

#include "baselines/gate/identity.h"
#include "baselines/gate/suite.h"
#include "harness/duet/build.h"

struct baseline_duet_config {
    struct baseline_policy *policy;
    struct baseline_suite_cases *suite; /* gets the other shapes */
    struct bench_build *base, *cand;    /* open; this ends their check launches */
    struct bench_launcher launcher;     /* its time is set here */
    const struct bench_environment *env;
    struct bench_job job;
    double budget_s; /* wall time of it all; 0: baseline_gate_budget */
    double inject;   /* 0, or the share of extra work that the candidate gets, to see the gate catch it */
    /*
     * Time rows also at the shapes that their op's sets name and the suite does not. These share half of
     * alpha; the suite with its controls shares the other half.
     */
    bool all_shapes;
    const struct baseline_identity *identity; /* which rows are the same code; NULL: nothing is known */
    bool time_identical;                      /* rows that are the same code are timed too */
    bool same_policy;                         /* was the base judged by `policy` too? */
    FILE *trace;                              /* NULL: none */
};

/* Seconds: the policy's budgets of all cases, rules and controls, and of the other shapes. */
double baseline_gate_budget(const struct baseline_policy *policy, const struct baseline_suite_cases *suite,
                            bool all_shapes);

/*
 * Fills the results of *report. The caller sets its other members and judges it (baseline_report_judge).
 * Free with baseline_report_free in any case.
 *
 * Cases whose rows are the same code pass without being timed. These are all cases of two files with the
 * same bytes, and those that `identity` names. Rules between such rows pass too, but only under the same
 * policy. Nothing that a module says about itself counts.
 *
 * Every row that is judged is first verified in a launch of its own (harness/duet/build.h). It is checked
 * against the reference, stepped once and called on the shape at hand. A row that fails makes its case
 * INVALID. For each memory class that is timed, one A/A control and one slowed control run along. All
 * decisions of the run share policy->alpha. The sums are tested for cases only. A rule bounds the ratio of
 * two different kernels, and a control is there for the median's margins.
 *
 * A bad build is a verdict, not an error. QK_ERR_MEMORY, QK_ERR_IO (module files, trace),
 * QK_ERR_INTERRUPTED, QK_ERR_INTERNAL.
 */
int baseline_gate_duet(const struct baseline_duet_config *cfg, struct baseline_report *report,
                       struct qk_error *err);
