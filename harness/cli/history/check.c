/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"
#include "reports/text/judged/history.h"

#include <math.h>
#include <stdlib.h>

struct options {
    struct cli_history_options at;
    struct cli_history_choice rows;
    double margin; /* NaN: the gate's */
    bool all, markdown;
};

enum { MARGIN = 'M' };

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    char *end;
    switch (key) {
    case MARGIN:
        o->margin = strtod(arg, &end) / 100;
        if (end == arg || *end || !(o->margin > 0 && o->margin <= 1))
            cli_wrong(state, "--margin: '%s' is not a number above 0, at most 100, of per cent", arg);
        return 0;
    case ARGP_KEY_ARG:
        if (o->rows.pattern)
            cli_wrong(state, "unexpected argument '%s'; check takes one pattern", arg);
        o->rows.pattern = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The exit code. What is proven counts before what is not known. */
static int verdict(const struct baseline_drifts *d, struct qk_error *err)
{
    const size_t drifts = d->counts[BASELINE_DRIFT], unknown = d->counts[BASELINE_UNKNOWN];
    cli_print("%zu drift%s, %zu steady, %zu faster, %zu unknown, %zu new, %zu gone, %zu unpinned", drifts,
              drifts == 1 ? "" : "s", d->counts[BASELINE_STEADY], d->counts[BASELINE_FASTER], unknown,
              d->counts[BASELINE_YOUNG], d->counts[BASELINE_GONE], d->counts[BASELINE_UNPINNED]);
    if (drifts)
        return CLI_WRONG;
    if (d->counts[BASELINE_UNPINNED] == d->count)
        return qk_fail(err, QK_ERR_INVALID, "history",
                       "nothing to trust: no case was ever held against a pinned release; `qkbench history "
                       "add` takes such a gate with --pinned");
    if (unknown)
        return qk_fail(err, QK_ERR_INVALID, "history",
                       "the newest ratio to a pinned release is not to be trusted in %zu of %zu cases",
                       unknown, d->count);
    return CLI_DONE;
}

static int run(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct baseline_drifts d = {0};
    struct cli_history h;
    int code = cli_history_open(&h, &o->at, false, err);
    if (!code)
        code = baseline_drifts_make(&d, h.store, o->rows.pattern, o->rows.machine, o->margin, err);
    if (!code)
        code = report_history_check(&d, o->all, o->markdown ? report_table_markdown : report_table_text,
                                    stdout, err);
    if (!code)
        code = verdict(&d, err);
    baseline_drifts_free(&d);
    cli_history_close(&h);
    return code;
}

int cli_history_check(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"margin", MARGIN, "PERCENT", CLI_OTHER,
         "How much slower than expected is a drift (default: must-catch of the gate against the pinned "
         "release)",
         0},
        {"all", 'a', NULL, CLI_FLAG(options, all), "Show all cases, not only those to look at", 0},
        CLI_HISTORY_MACHINE(options, rows),
        {"markdown", 'k', NULL, CLI_FLAG(options, markdown), "Tables in markdown instead of text", 0},
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[PATTERN]",
        "Finds cases that have become slower than a pinned release, however small each step was.\vThe ratio "
        "is the newest one that add --pinned has stored, and not multiplied from parents. The expected "
        "ratio is 1, or the one that history mark has accepted last. A case drifts when the 95 % interval "
        "lies wholly above the expected ratio times 1 + margin. Cases and machines are judged each for "
        "itself. Cases that were never held against a release are not judged. Exit codes: 0 no drift; 3 "
        "drift; 5 no drift, but a case's newest ratio is not to be "
        "trusted, or no case has one. Examples:\n"
        "  qkbench history check\n"
        "  qkbench history check --margin 1 'qk256_dequant/p4*' --all"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS, .margin = NAN};
    return cli_main(&usage, argc, argv, &o, run);
}
