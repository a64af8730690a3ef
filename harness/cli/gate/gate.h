/* SPDX-License-Identifier: MIT */
/* The gate command in parts: options (gate.c), the three ways to judge, where verdicts go, and the lock. */
#pragma once

#include "baselines/gate/policy.h"
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/out.h"
#include "harness/machine/pinning.h"
#include "reports/forms/verdicts.h"

#include <limits.h>

/*
 * The outputs a user may ask for: the forms of reports/forms/verdicts.def, and the trace, which the duet
 * writes block by block. And GitHub's summary of a job's step: markdown, appended to what other steps wrote
 * there.
 */
enum { CLI_GATE_TRACE = REPORT_FORMS, CLI_GATE_SUMMARY, CLI_GATE_OUTPUTS };

enum { CLI_GATE_SHARERS = 64 };

struct cli_gate_output {
    bool wanted;
    bool append;        /* to the file, instead of replacing it */
    struct cli_out out; /* without a path it goes to stdout, after the text */
};

struct cli_gate {
    struct cli_measure measure;
    const char *baseline, *dir;           /* a stored baseline and its folder */
    const char *result;                   /* a result to judge against it; NULL: measure this machine */
    struct cli_load_file duet, candidate; /* modules; no candidate: the one of this build */
    struct cli_load_file e2e;             /* a program; the model is measure.patterns[0], if there is one */
    size_t threads, tokens;               /* of a program; of an order, 0: found out */
    struct bench_cpus allowed;            /* before this process was pinned */
    const char *same_code;                /* the list of rows that are the same code; NULL: none */
    const char *policy, *suite;
    const char *lock_dir; /* NULL: the machine's folder */
    double budget_s, inject;
    uint64_t sharers; /* gates that share alpha, this one included */
    bool strict, time_identical, same_policy, all_shapes, wait;
    bool parsed; /* is the command line right? */
    struct cli_gate_output outputs[CLI_GATE_OUTPUTS];
};

/* Fills *o from the command line, outputs first. Exits with 2 and a text when that is wrong. */
void cli_gate_parse(struct cli_gate *o, int argc, char **argv);

/*
 * Call this before anything is measured. Each file gets *r, which says that this gate has not ended. So the
 * verdict of an earlier gate goes, and a gate that is killed leaves no PASS behind. QK_ERR_ARG when two
 * outputs, or an output and an input, are one file. QK_ERR_IO. An output that fails does not stop the
 * others. *err has the first failure, and the rest is printed.
 */
int cli_gate_outputs_begin(struct cli_gate *o, const struct baseline_report *r, struct qk_error *err);
/*
 * Call this at the end, however the gate ended. Writes all forms that began, and after a judgement the text
 * and the trace too. Prints what fails, and returns the exit code of the first failure, or 0.
 */
int cli_gate_outputs_end(struct cli_gate *o, const struct baseline_report *r, bool judged);

/*
 * Judges this machine against a stored baseline: makes a fresh run and, where the baseline has components, a
 * fresh breakdown. The baseline is named (dir: see baselines/stored/baseline.h, NULL for none) or is the
 * path of a file. Without patterns it measures all rows of the baseline's ops and shapes.
 *
 * Fills the results, mode, base, candidate, their compilers, env, seed and perhaps the reason of *report.
 * The caller fills in the rest and calls baseline_report_judge. When machine or toolchain differ, nothing is
 * measured and all results are INVALID. With o->result it judges that file and measures nothing. Free
 * *report with baseline_report_free in any case. QK_ERR_INVALID when the baseline cannot be used (missing,
 * unreadable) or nothing was measured. Otherwise as cli_baseline_open and bench_run.
 */
int cli_gate_baseline(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                      struct qk_error *err);

/*
 * Measures for cli_gate_baseline: a run and a breakdown. Cases that one run does not show to PASS are run
 * twice more. Then the median of the three counts, in the hull of their intervals. Noise that comes and goes
 * makes those wide.
 */
int cli_gate_measure(struct baseline *fresh, const struct baseline *base, struct cli_measure *m,
                     const struct baseline_policy *policy, struct qk_error *err);

/*
 * Names the source of each result's variant, relative to the checkout, where the tree is known. It is known
 * when the candidate's module is in a build folder of meson, which says what it was built from, and the file
 * is there.
 */
void cli_gate_sources(const struct cli_gate *o, struct baseline_report *report);
/* The tree that a module in a build folder of meson was built from. False when that is not known. */
bool cli_gate_tree(const char *module, char tree[PATH_MAX]);

/* Judges two builds of the kernels. Fills *report as cli_gate_baseline does. */
int cli_gate_duet(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                  struct qk_error *err);
/* Judges two programs that run a model. Fills *report as cli_gate_baseline does. */
int cli_gate_e2e(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                 struct qk_error *err);
/*
 * Lets one gate run at a time on a machine, because this gate would measure a second one as noise. The lock
 * is a flock of `folder`, which is only read. NULL means /run, which all users of the machine share. Returns
 * the lock's descriptor, QK_ERR_IO when another gate holds it and `wait` is false, or QK_ERR_INTERRUPTED.
 */
int cli_gate_lock(const char *folder, bool wait, struct qk_error *err);
