/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"
#include "harness/cli/cli.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"

#include <unistd.h>

static void conclude(const struct cli_gate *o, const struct baseline_policy *policy, double seconds,
                     struct baseline_report *report)
{
    snprintf(report->policy, sizeof report->policy, "%s", policy->source);
    snprintf(report->suite, sizeof report->suite, "%s",
             o->measure.count ? "patterns"
             : o->duet        ? o->suite
                              : "all");
    report->alpha = policy->alpha;
    report->strict = o->strict;
    report->seconds = seconds;
    baseline_report_judge(report);
}

static int gate(struct cli_gate *o, int *exit_code, struct qk_error *err)
{
    struct baseline_policy policy = {0};
    struct baseline_report report = {0};
    int lock = -1;
    int code = baseline_policy_read(&policy, o->policy, err);
    if (!code)
        code = cli_measure_begin(&o->measure, NULL, err);
    if (!code)
        code = cli_gate_outputs_open(o->outputs, err);
    if (!code)
        code = (lock = cli_gate_lock(o->lock_dir, o->wait, err)) < 0 ? lock : 0;
    const uint64_t start = bench_clock_ns();
    if (!code)
        code =
            o->duet ? cli_gate_duet(o, &policy, &report, err) : cli_gate_baseline(o, &policy, &report, err);
    if (!code)
        conclude(o, &policy, (double)(bench_clock_ns() - start) * 1e-9, &report);
    cli_progress_end();
    if (!code)
        code = cli_gate_outputs_write(o->outputs, &report, err);
    cli_gate_outputs_abort(o->outputs);
    *exit_code = code ? 0 : baseline_report_exit(&report);
    baseline_report_free(&report);
    baseline_policy_free(&policy);
    if (lock >= 0)
        close(lock);
    return code;
}

int cli_gate(int argc, char **argv)
{
    struct cli_gate o;
    struct qk_error err;
    int exit_code;
    cli_gate_parse(&o, argc, argv);
    cli_catch_interrupts();
    const int code = gate(&o, &exit_code, &err);
    return code ? cli_fail(code, &err) : exit_code;
}
