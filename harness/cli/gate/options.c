/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"

enum { STRICT = 1000, EXPECT, IDENTICAL, WAIT, LOCK_DIR, DIR, POLICY, SUITE, BUDGET, INJECT, OUTPUT };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_gate *o = state->input;
    if (key >= OUTPUT && key < OUTPUT + CLI_GATE_OUTPUTS) {
        o->outputs[key - OUTPUT] = (struct cli_gate_output){.wanted = true, .path = arg};
        return 0;
    }
    switch (key) {
    case 'b':
        o->baseline = arg;
        return 0;
    case 'd':
        o->duet = arg;
        return 0;
    case 'c':
        o->candidate = arg;
        return 0;
    case 'q':
        o->measure.job.quick = true;
        return 0;
    case 'p':
        o->measure.job.cpu = (int)cli_number(state, "--cpu", arg, 0, 1023);
        return 0;
    case 's':
        o->measure.job.seed = cli_number(state, "--seed", arg, 0, (UINT64_C(1) << 53) - 1);
        return 0;
    case BUDGET:
        o->budget_s = (double)cli_number(state, "--budget", arg, 1, 86400);
        return 0;
    case INJECT:
        o->inject = (double)cli_number(state, "--inject", arg, 1, 100000) * 1e-5;
        return 0;
    case STRICT:
        return o->strict = true, 0;
    case EXPECT:
        return o->expect_change = true, 0;
    case IDENTICAL:
        return o->time_identical = true, 0;
    case WAIT:
        return o->wait = true, 0;
    case LOCK_DIR:
        o->lock_dir = arg;
        return 0;
    case DIR:
        o->dir = arg;
        return 0;
    case POLICY:
        o->policy = arg;
        return 0;
    case SUITE:
        o->suite = arg;
        return 0;
    case ARGP_KEY_ARGS:
        o->measure.patterns = state->argv + state->next;
        o->measure.count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!o->baseline == !o->duet)
            argp_error(state, "expected either --baseline NAME or --duet BASE.so");
        if (o->candidate && !o->duet)
            argp_error(state, "--candidate belongs to --duet");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void cli_gate_parse(struct cli_gate *o, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"duet", 'd', "BASE.so", 0,
         "Time this build's kernels against those of BASE.so (libqkernels.so of another build)", 1},
        {"candidate", 'c', "SO", 0, "With --duet: judge SO instead of this build's own libqkernels.so", 1},
        {"baseline", 'b', "NAME", 0, "Compare a fresh run with a stored baseline of this machine", 2},
        {"dir", DIR, "DIR", 0, "Where baselines are (default: $QK_BASELINES, else baselines/data)", 2},
        {"quick", 'q', NULL, 0, "With --baseline: fewer and shorter blocks", 2},
        {"suite", SUITE, "NAME", 0, "Cases to judge, a suite of the policy (default: quick)", 3},
        {"policy", POLICY, "FILE", 0, "Margins and rules (default: the built-in ci/policy.json)", 3},
        {"budget", BUDGET, "S", 0, "Seconds all of it may take; what is undecided then is INCONCLUSIVE", 3},
        {"strict", STRICT, NULL, 0, "WARN fails too (exit code 3)", 3},
        {"expect-change", EXPECT, NULL, 0, "Base and candidate being one file is INVALID", 3},
        {"inject", INJECT, "N", 0,
         "Give the candidate N thousandths of a per cent more work, to see it caught", 3},
        {"time-identical", IDENTICAL, NULL, 0, "Time rows whose code is identical instead of passing them",
         3},
        {"wait", WAIT, NULL, 0, "Wait for another gate on this machine instead of failing", 3},
        {"lock-dir", LOCK_DIR, "DIR", 0,
         "Exclude only the gates that have this folder too (default: all gates on this machine, by a lock in "
         "/run/lock)",
         3},
        {"cpu", 'p', "N", 0, "Pin to logical CPU N (default: the last one allowed)", 3},
        {"seed", 's', "N", 0, "Draw orders and inputs from this seed (default: a fresh one)", 3},
#define REPORT_FORM(name, option, argument, help) {option, OUTPUT + REPORT_FORM_##name, argument, 0, help, 4},
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
        {"trace", OUTPUT + CLI_GATE_TRACE, "FILE", 0,
         "With --duet: every block as it was measured, as JSON lines", 4},
        {0}};
    static const struct argp argp = {
        options,
        parse,
        "[PATTERN...]",
        "Judges whether kernels got slower, and says so when it could not tell. A verdict is one of PASS, "
        "WARN (slower "
        "than ignorable, not beyond must-catch), REGRESSION, INCONCLUSIVE, INVALID, NEW, "
        "MISSING.\vPATTERN "
        "(op/variant/shape) takes the place of the suite. Exit codes: 0 all PASS, WARN or NEW; 3 a "
        "REGRESSION; 4 "
        "INCONCLUSIVE; 5 INVALID or MISSING: trust nothing. Examples:\n  qkbench gate --duet "
        "../base/build/kernels/libqkernels.so\n  qkbench gate --duet base.so '*/p4*/4096' --trace p4.jsonl\n "
        " qkbench "
        "gate --baseline main --markdown summary.md\n`ci/gate --against GITREF` builds the other commit "
        "first.",
        NULL,
        NULL,
        NULL};
    *o = (struct cli_gate){.suite = "quick", .measure = {.job = cli_job()}};
    argp_parse(&argp, argc, argv, 0, NULL, o);
}
