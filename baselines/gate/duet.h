/* SPDX-License-Identifier: MIT */
/*
 * The gate between two builds: what is timed, with which margins, and what each verdict is. A duet
 * (harness/duet/duet.h) measures. The sequential decision (decide.h) is its `more`.
 */
#pragma once

#include "baselines/gate/identity.h"
#include "baselines/gate/suite.h"
#include "harness/duet/build.h"

enum { BASELINE_SHAPE_SECONDS = 1 }; /* of measuring, for each other shape */

struct baseline_duet_config {
    struct baseline_policy *policy;
    struct baseline_suite_cases *suite; /* gets the other shapes */
    struct bench_build *base, *cand;    /* open; their check launches are ended */
    struct bench_launcher launcher;     /* its time is set here */
    const struct bench_environment *env;
    struct bench_job job;
    double budget_s; /* wall time of it all; 0: baseline_gate_budget */
    double inject;   /* share of extra work the candidate gets in every case: to see the gate catch it; 0 */
    /*
     * Rows that are timed are also timed at the other shapes that their op's sets name and the suite does
     * not. These share half of alpha, and the suite with its controls the other half.
     */
    bool all_shapes;
    const struct baseline_identity *identity; /* which rows are the same code; NULL: nothing is known */
    bool time_identical;                      /* rows that are the same code are timed too */
    bool same_policy;                         /* `policy` is what the base was held against, too */
    FILE *trace;                              /* NULL: none */
};

/*
 * What the policy's budgets of all cases, rules and controls come to, in seconds; and what other shapes may.
 */
double baseline_gate_budget(const struct baseline_policy *policy, const struct baseline_suite_cases *suite,
                            bool all_shapes);

/*
 * Fills the results of *report. Its other members, and judging it (baseline_report_judge), are the caller's.
 * Free with baseline_report_free in any case.
 *
 * Cases whose rows are the same code pass without being timed: those of two files with the same bytes, and
 * those that `identity` names. So do rules between such rows, but only under the same policy. Nothing a
 * module says about itself counts. Every row that is judged is first checked against the reference, stepped
 * once and called on the shape at hand, in a launch of its own (harness/duet/build.h). One that fails makes
 * its case INVALID. Per memory class that is timed, one A/A and one slowed control run along. All decisions
 * of the run share policy->alpha. Of cases, and of no others, the sums are tested too: a rule bounds the
 * ratio of two different kernels, and a control is there for the median's margins.
 *
 * A bad build is a verdict, not an error. QK_ERR_MEMORY, QK_ERR_IO (module files, trace), QK_ERR_INTERRUPTED,
 * QK_ERR_INTERNAL.
 */
int baseline_gate_duet(const struct baseline_duet_config *cfg, struct baseline_report *report,
                       struct qk_error *err);
