/* SPDX-License-Identifier: MIT */
#include "baselines/history/import.h"

#include "harness/cli/history/history.h"
#include "reports/forms/verdicts.h"

#include <string.h>

struct options {
    struct cli_history_options at;
    const char *gate, *pinned, *release, *commit;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        if (o->gate)
            cli_wrong(state, "unexpected argument '%s'; the gate against a pinned release is --pinned FILE",
                      arg);
        o->gate = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->gate)
            cli_wrong(state, "GATE, a file of gate --out, is missing");
        if (o->release && !o->pinned)
            cli_wrong(state, "--release names the release of --pinned, which is missing");
        if (o->release && !*o->release)
            cli_wrong(state, "--release: found an empty name");
        if (o->commit && !*o->commit)
            cli_wrong(state, "--commit: found an empty name");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int read_gate(struct baseline_history_gate *g, struct baseline_report *report, const char *file,
                     struct qk_error *err)
{
    int code = 0;
    json_t *const json = bench_json_load(file, &code, err);
    const char *const kind = json_string_value(json_object_get(json, "kind"));
    *g = (struct baseline_history_gate){.file = file, .report = report};
    if (json && (!kind || strcmp(kind, "gate") != 0))
        code = qk_fail(err, QK_ERR_FORMAT, file,
                       "$.kind: found %s%.60s%s, expected \"gate\", as gate --out writes it; other results "
                       "go to history import",
                       kind ? "\"" : "", kind ? kind : "none", kind ? "\"" : "");
    else if (json)
        code = baseline_history_key(g->key, json, file, err);
    if (json && !code)
        code = report_verdicts_take_json(report, json, file, err);
    json_decref(json);
    return code;
}

static int add(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct baseline_report reports[2] = {0};
    struct baseline_history_gate parent, pinned;
    struct baseline_history_run run = {0};
    int code = read_gate(&parent, &reports[0], o->gate, err);
    if (!code && o->pinned)
        code = read_gate(&pinned, &reports[1], o->pinned, err);
    if (!code)
        code =
            baseline_history_of_gate(&run, &parent, o->pinned ? &pinned : NULL, o->release, o->commit, err);
    if (!code)
        code = cli_history_store(&o->at, &run, 1, err);
    baseline_history_run_free(&run);
    baseline_report_free(&reports[0]);
    baseline_report_free(&reports[1]);
    return code;
}

int cli_history_add(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"pinned", 'p', "FILE", CLI_STRING(options, pinned),
         "The gate of the same candidate against a pinned release", 0},
        {"release", 'r', "NAME", CLI_STRING(options, release),
         "What that release is called (default: the name of its module)", 0},
        {"commit", 'c', "REV", CLI_STRING(options, commit),
         "The candidate's commit (default: the one the gate names)", 0},
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "GATE",
        "Stores what a gate found. GATE is a file of gate --out, of a duet against the parent.\vWhat could "
        "not be measured is stored as such, with its reason. Of a gate that is INVALID as a whole no figure "
        "is stored. A run that is there already is recognised and not added again. The line `added run N` "
        "is printed when the run is on the disk. Examples:\n"
        "  qkbench history add gate.json --pinned pinned.json --release v0.1.0\n"
        "  qkbench history add gate.json --db perf.db"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS};
    return cli_main(&usage, argc, argv, &o, add);
}
