/* SPDX-License-Identifier: MIT */
#include "harness/cli/options.h"
#include "harness/cli/gate/gate.h"
#include "harness/e2e/serve.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    STRICT = 1000,
    SAME_CODE,
    SAME_POLICY,
    IDENTICAL,
    SHAPES,
    WAIT,
    LOCK_DIR,
    SHARE,
    DIR,
    RESULT,
    POLICY,
    SUITE,
    BUDGET,
    INJECT,
    TOKENS,
    OUTPUT
};

/* The option of each output. The summary of a step has none. */
static const char *const output_options[CLI_GATE_OUTPUTS] = {
#define REPORT_FORM(name, option, argument, help) "--" option,
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
    [CLI_GATE_TRACE] = "--trace",
};

/* Is it an output's key? Then the output is wanted. */
static bool take_output(struct cli_gate *o, int key, char *arg)
{
    const int i = key - OUTPUT;
    if (i < 0 || i >= CLI_GATE_OUTPUTS)
        return false;
    o->outputs[i] =
        (struct cli_gate_output){.wanted = true, .out = {.option = output_options[i], .path = arg}};
    return true;
}

/* What a gate of whole models has not. */
static void check_e2e(const struct argp_state *state, const struct cli_gate *o)
{
    if (o->measure.count > 1)
        cli_wrong(state, "unexpected argument '%s'; with --e2e there is one MODEL", o->measure.patterns[1]);
    if (o->suite)
        cli_wrong(state, "--suite belongs to --duet and --baseline; a whole model is one case");
    if (o->outputs[CLI_GATE_TRACE].wanted)
        cli_wrong(state, "--trace belongs to --duet");
    if (o->time_identical)
        cli_wrong(state, "--time-identical belongs to --duet; whole models are always timed");
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct cli_gate *o = to;
    const struct cli_load_file *const base = o->e2e.path ? &o->e2e : &o->duet;
    if (take_output(o, key, arg))
        return 0;
    switch (key) {
    case BUDGET:
        o->budget_s = (double)cli_number(state, "--budget", arg, 1, 86400);
        return 0;
    case INJECT:
        o->inject = (double)cli_number(state, "--inject", arg, 1, 100000) * 1e-5;
        return 0;
    case ARGP_KEY_END:
        if (!!o->baseline + !!o->duet.path + !!o->e2e.path != 1)
            cli_wrong(state, "expected one of --duet BASE.so, --e2e BASE_PROGRAM and --baseline NAME");
        if (o->e2e.path)
            check_e2e(state, o);
        if (o->threads != 1 && !o->e2e.path)
            cli_wrong(state, "--threads belongs to --e2e");
        if (o->tokens && !o->e2e.path)
            cli_wrong(state, "--tokens belongs to --e2e");
        if (o->candidate.path && !o->duet.path && !o->e2e.path)
            cli_wrong(state, "--candidate belongs to --duet and --e2e");
        if (o->same_code && !o->duet.path)
            cli_wrong(state, "--same-code belongs to --duet");
        if (o->same_policy && !o->duet.path)
            cli_wrong(state, "--same-policy belongs to --duet");
        if (o->result && !o->baseline)
            cli_wrong(state, "--result belongs to --baseline");
        if (o->all_shapes && !o->duet.path)
            cli_wrong(state, "--all-shapes belongs to --duet");
        if (*base->name && !strcmp(base->name, o->candidate.name))
            cli_wrong(state, "'%s' and '%s' are both called '%s'", base->text, o->candidate.text, base->name);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct cli_option options[] = {
    CLI_ROW_PATTERNS(cli_gate, measure),
    {"duet", 'd', "[NAME=]BASE.so", CLI_FILE(cli_gate, duet),
     "Time this build's kernels against those of BASE.so (libqkernels.so of another build, or a plug-in); "
     "NAME is only shown",
     1},
    {"candidate", 'c', "[NAME=]FILE", CLI_FILE(cli_gate, candidate),
     "Judge FILE: with --duet instead of this build's own libqkernels.so, with --e2e instead of this program",
     1},
    {"same-code", SAME_CODE, "FILE", CLI_STRING(cli_gate, same_code),
     "With --duet: do not time the rows that FILE, made by kernels/same_code.py for these two builds, says "
     "are the same code",
     1},
    {"same-policy", SAME_POLICY, NULL, CLI_FLAG(cli_gate, same_policy),
     "With --duet: the built-in policy is the base's, too, so that a minimum speed-up between rows that are "
     "the same code is not timed",
     1},
    {"e2e", 'e', "[NAME=]BASE_PROGRAM", CLI_FILE(cli_gate, e2e),
     "Time whole models: this program against BASE_PROGRAM, another build of qkbench, in turns", 2},
    {"threads", 't', "N", CLI_UINT64(cli_gate, threads, 1, MODEL_THREADS_MAX),
     "With --e2e: threads of each program (default: 1, pinned)", 2},
    {"tokens", TOKENS, "N", CLI_UINT64(cli_gate, tokens, 1, BENCH_SERVE_TOKENS_MOST / 2),
     "With --e2e: at least N tokens one after another (default: what takes 10 ms)", 2},
    {"baseline", 'b', "NAME", CLI_STRING(cli_gate, baseline),
     "Compare a fresh run with a stored baseline of this machine", 3},
    {"dir", DIR, "DIR", CLI_STRING(cli_gate, dir),
     "Where baselines are (default: $QK_BASELINES, else baselines/data)", 3},
    {"result", RESULT, "FILE", CLI_STRING(cli_gate, result),
     "With --baseline: measure nothing and judge FILE, which run --out or baseline save wrote", 3},
    CLI_ROW_QUICK(cli_gate, measure, "With --baseline: fewer and shorter blocks; with --e2e: shorter ones",
                  3),
    {"suite", SUITE, "NAME", CLI_STRING(cli_gate, suite),
     "Cases to judge, a suite of the policy (default: quick; all rows of a plug-in)", 4},
    {"policy", POLICY, "FILE", CLI_STRING(cli_gate, policy),
     "Margins and rules (default: the built-in ci/policy.json)", 4},
    {"budget", BUDGET, "S", CLI_OTHER, "Seconds all of it may take; what is undecided then is INCONCLUSIVE",
     4},
    {"strict", STRICT, NULL, CLI_FLAG(cli_gate, strict), "WARN fails too (exit code 3)", 4},
    {"inject", INJECT, "N", CLI_OTHER,
     "Give the candidate N thousandths of a per cent more work, to see it caught; what it was is shown", 4},
    {"share-alpha", SHARE, "N", CLI_UINT64(cli_gate, sharers, 1, CLI_GATE_SHARERS),
     "Take the Nth part of the policy's alpha, because N gates judge one change on N machines, as qkbench "
     "campaign has it",
     4},
    {"time-identical", IDENTICAL, NULL, CLI_FLAG(cli_gate, time_identical),
     "Time rows whose code is identical instead of passing them", 4},
    {"all-shapes", SHAPES, NULL, CLI_FLAG(cli_gate, all_shapes),
     "With --duet: judge what is timed at all other shapes of its op too, a second each; what that leaves "
     "undecided is shown and does not count",
     4},
    {"wait", WAIT, NULL, CLI_FLAG(cli_gate, wait), "Wait for another gate on this machine instead of failing",
     4},
    {"lock-dir", LOCK_DIR, "DIR", CLI_STRING(cli_gate, lock_dir),
     "Exclude only the gates that name this folder too, by a lock on it; nothing is written there (default: "
     "all gates on this machine, by one on /run)",
     4},
    CLI_ROW_CPU(cli_gate, measure, "Pin to", 4),
    CLI_ROW_SEED(cli_gate, measure.job.seed, "orders and inputs", 4),
#define REPORT_FORM(name, option, argument, help)                                                            \
    {option, OUTPUT + REPORT_FORM_##name, argument, CLI_OTHER, help, 5},
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
    {"trace", OUTPUT + CLI_GATE_TRACE, "FILE", CLI_OTHER,
     "With --duet: every block as it was measured, as JSON lines", 5},
    {0}};

/*
 * The outputs of a command line that may be wrong in all else: argp ends at its first mistake, and they must
 * say so.
 */
static void find_outputs(struct cli_gate *o, int argc, char **argv)
{
    struct option longs[40] = {0};
    char shorts[80] = "", **words = calloc((size_t)argc + 1, sizeof *words);
    size_t n = 0, used = 0;
    for (const struct cli_option *row = options; row->key; row++)
        if (row->name) {
            longs[n++] =
                (struct option){row->name, row->argument ? required_argument : no_argument, NULL, row->key};
            if (row->key < STRICT)
                used += (size_t)snprintf(shorts + used, sizeof shorts - used, "%c%s", row->key,
                                         row->argument ? ":" : "");
        }
    for (int i = 0; words && i < argc; i++)
        words[i] = argv[i]; /* getopt moves them */
    opterr = 0;
    optind = 0;
    for (int key; words && (key = getopt_long(argc, words, shorts, longs, NULL)) != -1;)
        take_output(o, key, optarg);
    free(words);
}

void cli_gate_parse(struct cli_gate *o, int argc, char **argv)
{
    static const struct cli_usage usage = {
        options, parse, "[PATTERN...|MODEL]",
        "Judges whether kernels got slower, and says so when it could not tell. A verdict is one of PASS, "
        "WARN (slower than ignorable, not beyond must-catch; or rare stalls that raise the mean above the "
        "policy's margin), REGRESSION, INCONCLUSIVE, INVALID, NEW, MISSING.\vPATTERN (op/variant/shape) "
        "takes the place of the suite. MODEL, with --e2e: see qkbench model --help. Exit codes: 0 all PASS, "
        "WARN or NEW; 3 a REGRESSION; 4 INCONCLUSIVE; "
        "5 INVALID or MISSING: trust nothing. Whatever the end (1, 2 and 130 too), the files that were asked "
        "for say so, and an earlier verdict goes when the gate begins. Examples:\n  qkbench gate --duet "
        "../base/build/kernels/libqkernels.so\n  qkbench gate --duet base.so '*/p4*/4096' --trace p4.jsonl\n "
        " qkbench gate --baseline main --markdown summary.md\n  qkbench gate --e2e ../base/build/qkbench "
        "synth:bitnet-2b/4\n`ci/gate --against GITREF` builds the other "
        "commit first."};
    *o = (struct cli_gate){.measure = {.job = cli_job()}, .threads = 1, .sharers = 1};
    find_outputs(o, argc, argv);
    cli_parse(&usage, argc, argv, o);
    o->parsed = true;
}
