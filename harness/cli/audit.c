/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/audit.h"
#include "harness/cli/options.h"
#include "harness/cli/out.h"
#include "harness/cli/report/results.h"

#include <stdio.h>

enum { FILES_MAX = 64 };

struct options {
    const char *files[FILES_MAX], *out;
    size_t count;
    bool markdown;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        if (o->count == FILES_MAX)
            cli_wrong(state, "unexpected argument '%s'; audit takes at most %d files", arg, FILES_MAX);
        o->files[o->count++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (o->count < 2)
            cli_wrong(state, "%s is missing",
                      o->count ? "RESULT, a file of run, model bench or ceilings,"
                               : "CLAIMS.json, a file of claims,");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int audit(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct cli_out file = {.option = "--out", .path = o->out};
    struct cli_results results = {0};
    int code = cli_results_read(&results, o->files, o->count, NULL, NULL, err);
    const struct report_results *all = &results.all;
    if (!code && !all->audit_count)
        code = qk_fail(err, QK_ERR_ARG, o->files[0], "is a result, as are all others; expected claims");
    for (size_t i = 0; i < o->count && !code; i++)
        code = cli_out_spares(&file, 1, "an input", o->files[i], err);
    if (!code)
        code = cli_out_open(&file, 1, err);
    if (!code && o->out)
        code = report_audits_json(all, file.file.stream, err);
    if (!code)
        code = cli_out_commit(&file, 1, err);
    if (!code)
        code = report_audits(all, o->markdown, cli_out_text(&file, 1), err);
    cli_out_abort(&file, 1);
    cli_results_free(&results);
    return code;
}

int cli_audit(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"markdown", 'm', NULL, CLI_FLAG(options, markdown), "Tables in markdown instead of text", 0},
        {"out", 'o', "FILE", CLI_STRING(options, out),
         "Write the verdicts as JSON (audit.schema.json); - is standard output", 0},
        {0}};
    static const struct cli_usage usage = {
        options, parse, "CLAIMS.json... RESULT...",
        "Judges what papers, pull requests and roadmaps claim of kernels and models by what was measured on "
        "this machine: confirmed, refuted, not resolved, not testable here, or impossible. It measures "
        "nothing.\vCLAIMS.json is a file of reports/claims/, or one of your own (claims.schema.json). RESULT "
        "is one of run, model bench or ceilings --out. A claim that no result is about says which cases to "
        "run. Examples:\n"
        "  qkbench run --quick 'qk256_dequant/*/256' --out result.json\n"
        "  qkbench audit reports/claims/roadmap.json result.json\n"
        "  qkbench audit reports/claims/t-mac.json reports/claims/roadmap.json result.json model.json "
        "--markdown"};
    struct options o = {0};
    return cli_main(&usage, argc, argv, &o, audit);
}
