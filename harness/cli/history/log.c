/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"
#include "reports/text/judged/history.h"

struct options {
    struct cli_history_options at;
    struct cli_history_choice rows;
    uint64_t limit;
    bool markdown;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (o->rows.pattern)
        cli_wrong(state, "unexpected argument '%s'; log takes one pattern", arg);
    o->rows.pattern = arg;
    return 0;
}

static int run(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct baseline_history_rows rows = {0};
    struct cli_history h;
    const struct baseline_history_filter f = {
        .pattern = o->rows.pattern, .machine = o->rows.machine, .limit = o->limit};
    int code = cli_history_open(&h, &o->at, false, err);
    if (!code)
        code = baseline_history_read(h.store, &f, &rows, err);
    if (!code)
        code =
            report_history_log(&rows, o->markdown ? report_table_markdown : report_table_text, stdout, err);
    baseline_history_rows_free(&rows);
    cli_history_close(&h);
    return code;
}

int cli_history_log(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"limit", 'n', "N", CLI_UINT64(options, limit, 1, 10000),
         "Show the N newest runs of each case on each machine (default: 20)", 0},
        CLI_HISTORY_MACHINE(options, rows),
        {"markdown", 'k', NULL, CLI_FLAG(options, markdown), "Tables in markdown instead of text", 0},
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[PATTERN]",
        "Shows what was measured, newest first, with a table for each machine.\vPATTERN is a glob on "
        "op/variant/shape (default: all cases). A ratio is shown as a change of time: +1.00 is one per cent "
        "slower, with its 95 % interval. Examples:\n"
        "  qkbench history log 'qk256_dequant/p4*/256'\n"
        "  qkbench history log --limit 3"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS, .limit = 20};
    return cli_main(&usage, argc, argv, &o, run);
}
