/* SPDX-License-Identifier: MIT */
#include "baselines/history/import.h"

#include "harness/cli/history/history.h"
#include "harness/records/json_lines.h"

#include <string.h>

struct options {
    struct cli_history_options at;
    char **files;
    size_t count;
    const char *commit;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    (void)arg;
    switch (key) {
    case ARGP_KEY_ARGS:
        o->files = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!o->count)
            cli_wrong(state, "FILE, a result, is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct reading {
    const struct options *o;
    struct baseline_history_runs *runs;
};

static int take_line(void *ctx, struct bench_reader *r, const struct bench_place *line)
{
    const struct reading *const in = ctx;
    return baseline_history_import(in->runs, line->json, in->o->commit, r->file, r->err);
}

/* A name that ends in .jsonl is a file of lines. */
static int read_file(const struct reading *in, const char *file, struct qk_error *err)
{
    const size_t length = strlen(file);
    if (length > 6 && !strcmp(file + length - 6, ".jsonl"))
        return bench_json_lines(file, take_line, (void *)in, NULL, err);
    int code = 0;
    json_t *const json = bench_json_load(file, &code, err);
    if (!json)
        return code;
    code = baseline_history_import(in->runs, json, in->o->commit, file, err);
    json_decref(json);
    return code;
}

static int run(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct baseline_history_runs runs = {0};
    int code = 0;
    for (size_t i = 0; i < o->count && !code; i++)
        code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, o->files[i], "interrupted")
                          : read_file(&(struct reading){o, &runs}, o->files[i], err);
    if (!code && !runs.count)
        code = qk_fail(err, QK_ERR_INVALID, o->files[0], "has no result");
    if (!code)
        code = cli_history_store(&o->at, runs.list, runs.count, err);
    baseline_history_runs_free(&runs);
    return code;
}

int cli_history_import(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"commit", 'c', "REV", CLI_STRING(options, commit),
         "The commit of results that name none, as google-benchmark's", 0},
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "FILE...",
        "Stores times that other programs have measured. All files are stored, or none is.\vFILE is the JSON "
        "of google-benchmark or qkbench run, rows of llama-bench or model bench as JSON, or as lines where "
        "its name ends in .jsonl. A row of llama-bench is a run of its own, so a file that has grown can be "
        "imported again. These results have no ratios, and history check does not judge them. Examples:\n"
        "  qkbench history import result.json\n"
        "  qkbench history import model.json --db perf.db"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS};
    return cli_main(&usage, argc, argv, &o, run);
}
