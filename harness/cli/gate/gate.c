/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"
#include "harness/cli/cli.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"

#include <stdlib.h>
#include <unistd.h>

/* Empty when the options are not known yet. */
static const char *mode_of(const struct cli_gate *o)
{
    return o->baseline ? "baseline" : o->e2e.path ? "e2e" : o->duet.path ? "duet" : "";
}

static void conclude(const struct cli_gate *o, const struct baseline_policy *policy, double seconds,
                     struct baseline_report *report)
{
    snprintf(report->policy, sizeof report->policy, "%s", policy->source);
    if (!*report->suite)
        snprintf(report->suite, sizeof report->suite, "%s",
                 o->measure.count ? "patterns"
                 : !o->duet.path  ? "all"
                 : o->suite       ? o->suite
                                  : "quick");
    report->alpha = policy->alpha;
    report->strict = o->strict;
    report->seconds = seconds;
    baseline_report_judge(report);
    cli_gate_sources(o, report);
}

/* In the policy's JSON, too, because traces hold that, and decide again by it. */
static int share_alpha(struct baseline_policy *policy, uint64_t sharers, struct qk_error *err)
{
    policy->alpha /= (double)sharers;
    if (policy->alpha < BASELINE_ALPHA_LEAST)
        return qk_fail(err, QK_ERR_ARG, "--share-alpha", "found a share of %g, expected at least %g",
                       policy->alpha, BASELINE_ALPHA_LEAST);
    if (sharers > 1 && json_object_set_new(policy->json, "alpha", json_real(policy->alpha)))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a policy");
    return 0;
}

static int gate(struct cli_gate *o, struct baseline_report *report, struct qk_error *err)
{
    struct baseline_policy policy = {0};
    int lock = -1;
    int code = baseline_policy_read(&policy, o->policy, err);
    if (!code)
        code = share_alpha(&policy, o->sharers, err);
    if (!code)
        code = bench_cpus_allowed(&o->allowed, err);
    if (!code)
        code = cli_measure_begin(&o->measure, NULL, err);
    if (!code && !o->result) /* which was measured before */
        code = (lock = cli_gate_lock(o->lock_dir, o->wait, err)) < 0 ? lock : 0;
    const uint64_t start = bench_clock_ns();
    if (!code)
        code = o->duet.path  ? cli_gate_duet(o, &policy, report, err)
               : o->e2e.path ? cli_gate_e2e(o, &policy, report, err)
                             : cli_gate_baseline(o, &policy, report, err);
    if (!code)
        conclude(o, &policy, (double)(bench_clock_ns() - start) * 1e-9, report);
    cli_progress_end();
    baseline_policy_free(&policy);
    if (lock >= 0)
        close(lock);
    return code;
}

/* A report of a gate that could not judge: what is known of it before it begins, and why it ended. */
static void end_early(const struct cli_gate *o, struct baseline_report *report, int exit_code,
                      const struct qk_error *why)
{
    baseline_report_free(report);
    snprintf(report->mode, sizeof report->mode, "%s", mode_of(o));
    report->strict = o->strict;
    report->seed = o->measure.job.seed;
    snprintf(report->base, sizeof report->base, "%s",
             o->baseline    ? o->baseline
             : o->duet.text ? o->duet.text
             : o->e2e.text  ? o->e2e.text
                            : "");
    snprintf(report->candidate, sizeof report->candidate, "%s", o->candidate.text ? o->candidate.text : "");
    bench_environment_read(&report->env, 0);
    baseline_report_end(report, exit_code, why->where, why->text);
}

/* argp ends the program itself. The forms say so all the same. */
static void refused(int status, void *options)
{
    static const struct qk_error why = {.text = "the command line is wrong; standard error says where"};
    struct cli_gate *o = options;
    struct baseline_report report = {0};
    struct qk_error err;
    if (status != CLI_USAGE || o->parsed)
        return;
    end_early(o, &report, status, &why);
    if (cli_gate_outputs_begin(o, &report, &err))
        cli_fail(0, &err);
    cli_gate_outputs_end(o, &report, false);
}

int cli_gate(int argc, char **argv)
{
    static struct cli_gate o; /* `refused` may be called when this has returned */
    struct baseline_report report = {0};
    struct qk_error err = {.text = "this gate has not ended: it runs, or it was killed"};
    cli_catch_interrupts();
    on_exit(refused, &o);
    cli_gate_parse(&o, argc, argv);
    end_early(&o, &report, 0, &err);
    int code = cli_gate_outputs_begin(&o, &report, &err);
    baseline_report_free(&report);
    if (!code)
        code = gate(&o, &report, &err);
    if (code)
        end_early(&o, &report, cli_fail(code, &err), &err);
    const int failed = cli_gate_outputs_end(&o, &report, !code);
    const int exit_code = failed && !code ? failed : baseline_report_exit(&report);
    baseline_report_free(&report);
    return exit_code;
}
