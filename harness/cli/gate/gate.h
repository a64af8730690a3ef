/* SPDX-License-Identifier: MIT */
/* The gate command in parts: options (gate.c), the two ways to judge, where verdicts go, and the lock. */
#ifndef QKBENCH_HARNESS_CLI_GATE_GATE_H
#define QKBENCH_HARNESS_CLI_GATE_GATE_H

#include "baselines/gate/policy.h"
#include "harness/cli/baseline/baseline.h"
#include "harness/records/outfile.h"
#include "reports/forms/verdicts.h"

/*
 * What a user may ask for: the forms of reports/forms/verdicts.def, and the blocks, which the duet writes as it
 * measures them.
 */
enum { CLI_GATE_TRACE = REPORT_FORMS, CLI_GATE_OUTPUTS };

struct cli_gate_output {
    bool wanted;
    const char *path; /* NULL: stdout, after the text */
    struct bench_outfile file;
};

struct cli_gate {
    struct cli_measure measure;
    const char *baseline, *dir;   /* a stored baseline and where it is */
    const char *duet, *candidate; /* module files; candidate NULL: the one of this build */
    const char *same_code;        /* the list of rows that are the same code; NULL: none */
    const char *policy, *suite;
    const char *lock_dir; /* NULL: the machine's */
    double budget_s, inject;
    bool strict, time_identical, all_shapes, wait;
    struct cli_gate_output outputs[CLI_GATE_OUTPUTS];
};

/* Fills *o from the command line. Exits with 2 and a text when that is wrong. */
void cli_gate_parse(struct cli_gate *o, int argc, char **argv);

/*
 * Files are opened before anything is measured. After the verdict all are written, or none. `o` has CLI_GATE_OUTPUTS.
 */
int cli_gate_outputs_open(struct cli_gate_output *o, struct qk_error *err);
int cli_gate_outputs_write(struct cli_gate_output *o, const struct baseline_report *r, struct qk_error *err);
void cli_gate_outputs_abort(struct cli_gate_output *o);

/*
 * A fresh run and, where the baseline has components, a fresh breakdown of this machine, against a stored baseline. The
 * baseline is named (dir: see baselines/stored/baseline.h, NULL for none) or is the path of a file. Without patterns
 * all rows of the ops and shapes that the baseline has are measured.
 *
 * Fills the results, mode, base, candidate, their compilers, env, seed and perhaps the reason of *report. The rest and
 * baseline_report_judge are the caller's. When the machine or toolchain is another one, nothing is measured and all
 * results are INVALID. Free *report with baseline_report_free in any case. QK_ERR_INVALID when the baseline cannot be
 * used (missing, unreadable) or nothing was measured. Otherwise as bench_run.
 */
int cli_gate_baseline(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                      struct qk_error *err);

/*
 * What cli_gate_baseline measures: a run and a breakdown. Cases that one run does not show to PASS are run twice more.
 * The median of the three counts, in the hull of their intervals, because noise that comes and goes makes those wide.
 */
int cli_gate_measure(struct baseline *fresh, const struct baseline *base, struct cli_measure *m,
                     const struct baseline_policy *policy, struct qk_error *err);

/* Two builds of the kernels, as above. */
int cli_gate_duet(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                  struct qk_error *err);
/*
 * One gate at a time on a machine, because a second one would be measured as this one's noise. `folder` has the lock's
 * file; NULL is the folder that all users of the machine share. Returns the lock's descriptor, QK_ERR_IO when another
 * gate holds it and `wait` is false, or QK_ERR_INTERRUPTED.
 */
int cli_gate_lock(const char *folder, bool wait, struct qk_error *err);

#endif
