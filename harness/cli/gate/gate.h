/* SPDX-License-Identifier: MIT */
/* The gate command in parts: options (gate.c), the two ways to judge, where verdicts go, and the lock. */
#pragma once

#include "baselines/gate/policy.h"
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/out.h"
#include "reports/forms/verdicts.h"

/*
 * What a user may ask for: the forms of reports/forms/verdicts.def, and the blocks, which the duet writes as
 * it measures them. The summary of a job's step is GitHub's: markdown, behind what other steps wrote there.
 */
enum { CLI_GATE_TRACE = REPORT_FORMS, CLI_GATE_SUMMARY, CLI_GATE_OUTPUTS };

struct cli_gate_output {
    bool wanted;
    bool append;        /* to what is there, instead of in its place */
    struct cli_out out; /* without a path: after the text */
};

struct cli_gate {
    struct cli_measure measure;
    const char *baseline, *dir;   /* a stored baseline and where it is */
    const char *result;           /* judged against it; NULL: this machine is measured */
    const char *duet, *candidate; /* module files; candidate NULL: the one of this build */
    const char *same_code;        /* the list of rows that are the same code; NULL: none */
    const char *policy, *suite;
    const char *lock_dir; /* NULL: the machine's */
    double budget_s, inject;
    bool strict, time_identical, same_policy, all_shapes, wait;
    bool parsed; /* the command line is right */
    struct cli_gate_output outputs[CLI_GATE_OUTPUTS];
};

/* Fills *o from the command line, outputs first. Exits with 2 and a text when that is wrong. */
void cli_gate_parse(struct cli_gate *o, int argc, char **argv);

/*
 * Before anything is measured. A verdict of an earlier gate goes: each file gets *r, which says that this one
 * has not ended. So a gate that is killed leaves no PASS behind. QK_ERR_ARG when two outputs, or an output
 * and an input, are one file; QK_ERR_IO. One that fails costs the others nothing. *err has the first failure;
 * the rest is printed.
 */
int cli_gate_outputs_begin(struct cli_gate *o, const struct baseline_report *r, struct qk_error *err);
/*
 * At the end, whatever it is. All forms that began are written, and after a judgement the text and the trace
 * too. Prints what fails and returns the exit code of the first such, or 0.
 */
int cli_gate_outputs_end(struct cli_gate *o, const struct baseline_report *r, bool judged);

/*
 * A fresh run and, where the baseline has components, a fresh breakdown of this machine, against a stored
 * baseline. The baseline is named (dir: see baselines/stored/baseline.h, NULL for none) or is the path of a
 * file. Without patterns all rows of the ops and shapes that the baseline has are measured.
 *
 * Fills the results, mode, base, candidate, their compilers, env, seed and perhaps the reason of *report. The
 * rest and baseline_report_judge are the caller's. When the machine or toolchain is another one, nothing is
 * measured and all results are INVALID. With o->result, what that file says is judged in the place of a fresh
 * run, and nothing is measured. Free *report with baseline_report_free in any case. QK_ERR_INVALID when the
 * baseline cannot be used (missing, unreadable) or nothing was measured. Otherwise as cli_baseline_open and
 * bench_run.
 */
int cli_gate_baseline(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                      struct qk_error *err);

/*
 * What cli_gate_baseline measures: a run and a breakdown. Cases that one run does not show to PASS are run
 * twice more. The median of the three counts, in the hull of their intervals, because noise that comes and
 * goes makes those wide.
 */
int cli_gate_measure(struct baseline *fresh, const struct baseline *base, struct cli_measure *m,
                     const struct baseline_policy *policy, struct qk_error *err);

/*
 * Names the source of each result's variant, where the tree is known: the candidate's module is in a build
 * folder of meson, which says what it was built from, and the file is there. The name is relative to the
 * checkout.
 */
void cli_gate_sources(const struct cli_gate *o, struct baseline_report *report);

/* Two builds of the kernels, as above. */
int cli_gate_duet(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                  struct qk_error *err);
/*
 * One gate at a time on a machine, because a second one would be measured as this one's noise. The lock is a
 * flock of `folder`, which is only read; NULL is /run, which all users of the machine share. Returns the
 * lock's descriptor, QK_ERR_IO when another gate holds it and `wait` is false, or QK_ERR_INTERRUPTED.
 */
int cli_gate_lock(const char *folder, bool wait, struct qk_error *err);
