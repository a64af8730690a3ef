/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"
#include "harness/cli/out.h"
#include "reports/forms/history.h"

#include <errno.h>
#include <string.h>

struct options {
    struct cli_history_options at;
    struct cli_history_choice rows;
    const char *out;
    bool csv, openmetrics, github, sql;
    int value; /* enum report_history_value; -1: not said */
};

enum { SQL = 0x100, VALUE };

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case VALUE:
        for (o->value = 0; report_history_values[o->value]; o->value++)
            if (!strcmp(report_history_values[o->value], arg))
                return 0;
        cli_wrong(state, "--value: found '%s', expected ns, parent or pinned", arg);
        return 0;
    case ARGP_KEY_ARG:
        if (o->rows.pattern)
            cli_wrong(state, "unexpected argument '%s'; export takes one pattern", arg);
        o->rows.pattern = arg;
        return 0;
    case ARGP_KEY_END:
        if (o->csv + o->openmetrics + o->github + o->sql != 1)
            cli_wrong(state, "expected one of --csv, --openmetrics, --github and --sql");
        if (o->sql && (o->rows.pattern || o->rows.machine))
            cli_wrong(state, "--sql writes all of the history, and takes no pattern and no --machine");
        if (o->value >= 0 && !o->github)
            cli_wrong(state, "--value belongs to --github");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int put_csv(void *to, const struct baseline_history_row *row, struct qk_error *err)
{
    report_history_csv(row, to);
    return ferror((FILE *)to) ? bench_written(to, "the CSV", err) : 0;
}

static int write_csv(struct baseline_history *h, const struct baseline_history_filter *f, FILE *to,
                     struct qk_error *err)
{
    errno = 0;
    report_history_csv_head(to);
    const int code = baseline_history_each(h, f, put_csv, to, err);
    return code ? code : bench_written(to, "the CSV", err);
}

/* What holds now: of each case on each machine the newest result. */
static int write_newest(const struct options *o, struct baseline_history *h,
                        struct baseline_history_filter *f, FILE *to, struct qk_error *err)
{
    struct baseline_history_rows rows;
    f->limit = 1;
    int code = baseline_history_read(h, f, &rows, err);
    if (!code && o->openmetrics)
        code = report_history_openmetrics(&rows, to, err);
    else if (!code)
        code = report_history_github(&rows, o->value < 0 ? REPORT_NS : (enum report_history_value)o->value,
                                     to, err);
    baseline_history_rows_free(&rows);
    return code;
}

static int run(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct cli_out out = {.option = "--out", .path = o->out};
    struct baseline_history_filter f = {.pattern = o->rows.pattern, .machine = o->rows.machine};
    struct cli_history h;
    int code = cli_history_open(&h, &o->at, false, err);
    if (!code)
        code = cli_out_spares(&out, 1, "--db", h.path, err);
    if (!code)
        code = cli_out_open(&out, 1, err);
    if (!code && o->sql)
        code = baseline_history_dump(h.store, out.file.stream, err);
    else if (!code && o->csv)
        code = write_csv(h.store, &f, out.file.stream, err);
    else if (!code)
        code = write_newest(o, h.store, &f, out.file.stream, err);
    if (!code)
        code = cli_out_commit(&out, 1, err);
    cli_out_abort(&out, 1);
    cli_history_close(&h);
    return code;
}

int cli_history_export(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"csv", 'c', NULL, CLI_FLAG(options, csv), "All results, a line each, by case and newest first", 0},
        {"openmetrics", 'p', NULL, CLI_FLAG(options, openmetrics),
         "The newest result of each case, as Prometheus reads it", 0},
        {"github", 'g', NULL, CLI_FLAG(options, github),
         "The same for github-action-benchmark, tool customSmallerIsBetter", 0},
        {"sql", SQL, NULL, CLI_FLAG(options, sql),
         "Tables, rows and the view `log` as SQL that other databases read", 0},
        {"value", VALUE, "ns|parent|pinned", CLI_OTHER,
         "With --github: the time of a call (default), or its ratio to the parent or the pinned release", 0},
        {"out", 'o', "FILE", CLI_STRING(options, out), "Write to FILE (default: -, standard output)", 0},
        CLI_HISTORY_MACHINE(options, rows),
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[PATTERN]",
        "Writes the history, or the cases that match PATTERN, in a form that other programs "
        "read.\vExamples:\n"
        "  qkbench history export --csv 'qk256_dequant/p4*' --out p4.csv\n"
        "  qkbench history export --openmetrics --out qkbench.prom\n"
        "  qkbench history export --github --value pinned --out benchmark.json\n"
        "  qkbench history export --sql --out history.sql"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS, .out = "-", .value = -1};
    return cli_main(&usage, argc, argv, &o, run);
}
