/* SPDX-License-Identifier: MIT */
#include "harness/cli/campaign/campaign.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "reports/text/judged/fleet.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    AGAINST = 1000,
    NODES,
    LAUNCH,
    INTO,
    ONLY,
    PARALLEL,
    TIMEOUT,
    PREPARE,
    MERGE,
    SUITE,
    POLICY,
    BUDGET,
    STRICT,
    IDENTICAL,
    SHAPES,
    LOCK_DIR,
    MARKDOWN
};

/* What is sent: 0 what the folder holds, 1 an own gate, 2 an own command. */
static bool makes_plan(const struct cli_campaign *o)
{
    return o->against || o->duet.path || o->command;
}

static void check_gate(const struct argp_state *state, const struct cli_campaign *o)
{
    const char *const of_gate = o->suite            ? "--suite"
                                : o->policy         ? "--policy"
                                : o->lock_dir       ? "--lock-dir"
                                : o->budget         ? "--budget"
                                : o->strict         ? "--strict"
                                : o->all_shapes     ? "--all-shapes"
                                : o->time_identical ? "--time-identical"
                                : o->candidate.path ? "--candidate"
                                : o->measure.count  ? "PATTERN"
                                                    : NULL;
    if (of_gate && !o->against && !o->duet.path)
        cli_wrong(state, "%s belongs to a gate: expected --against REF or --duet BASE.so, too", of_gate);
    if (o->candidate.path && o->against)
        cli_wrong(state, "--candidate belongs to --duet; --against builds this tree");
}

static void check(const struct argp_state *state, const struct cli_campaign *o)
{
    if (!!o->against + !!o->duet.path + !!o->command > 1)
        cli_wrong(state, "--against, --duet and -- COMMAND are three campaigns: one at a time");
    check_gate(state, o);
    if (o->merge) {
        if (makes_plan(o) || o->nodes || o->launch || o->into || o->only || o->prepare)
            cli_wrong(state, "--merge measures nothing; it goes with --out and --markdown alone");
        return;
    }
    if (!makes_plan(o) && !o->into)
        cli_wrong(state,
                  "expected one of --against REF, --duet BASE.so, -- COMMAND, --merge DIR, or --into DIR "
                  "alone to go on with a campaign");
    if (makes_plan(o) && !o->nodes)
        cli_wrong(state, "--nodes is missing: a list of names as zen5,icx");
    if (!makes_plan(o) && o->nodes)
        cli_wrong(state, "--nodes belongs to a new campaign; --only names some of those of %s", o->into);
    if (o->prepare && (o->launch || !o->into))
        cli_wrong(state, "--prepare needs --into DIR, which it fills, and launches nothing");
    if (!o->prepare && !o->launch)
        cli_wrong(state, "--launch is missing: local, 'ssh {node}' or 'srun -N1 --exclusive -C {node}'");
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    (void)arg;
    if (key != ARGP_KEY_END)
        return ARGP_ERR_UNKNOWN;
    check(state, to);
    return 0;
}

static bool is_in_list(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, name, length) && (!at[length] || at[length] == ','))
            return true;
    return false;
}

/* Are all names of --only nodes of the plan? */
static int check_only(const char *list, const struct baseline_fleet_plan *plan, struct qk_error *err)
{
    char *const copy = strdup(list), *rest = copy;
    int code = copy ? 0 : qk_fail(err, QK_ERR_MEMORY, "--only", "no memory for a list");
    for (char *name; !code && (name = strsep(&rest, ","));) {
        bool known = false;
        for (size_t i = 0; i < plan->node_count; i++)
            known |= !strcmp(plan->nodes[i], name);
        if (!known)
            code = qk_fail(err, QK_ERR_ARG, "--only", "'%.80s' is no node of this campaign", name);
    }
    free(copy);
    return code;
}

/* The template. NULL in *to for this machine. */
static int read_launcher(const struct cli_campaign *o, const struct baseline_fleet_plan *plan,
                         struct cli_words *words, const struct cli_words **to, struct qk_error *err)
{
    *to = NULL;
    const int code = cli_words_split(words, o->launch, err);
    if (code || (words->count == 1 && !strcmp(words->words[0], "local")))
        return code;
    *to = words;
    if (plan->node_count > 1 && !cli_words_name_node(words))
        return qk_fail(err, QK_ERR_ARG, "--launch",
                       "'%.200s' has no {node}, so that all %zu nodes would be one machine", o->launch,
                       plan->node_count);
    return 0;
}

static int measure(const struct cli_campaign *o, const struct cli_folder *folder,
                   const struct baseline_fleet_plan *plan, const struct cli_payload *payload,
                   struct baseline_fleet *fleet, struct qk_error *err)
{
    struct cli_words words = {.count = 0};
    struct cli_nodes_config cfg = {
        .folder = folder, .plan = plan, .payload = payload, .timeout_s = (double)o->timeout};
    bool wanted[BASELINE_FLEET_NODES];
    size_t count = 0, kept = 0;
    int code = o->only ? check_only(o->only, plan, err) : 0;
    if (!code)
        code = read_launcher(o, plan, &words, &cfg.launcher, err);
    for (size_t i = 0; i < plan->node_count && !code; i++) {
        const bool answered = fleet->nodes[i].answer.state == BASELINE_FLEET_ANSWERED;
        wanted[i] = !answered && (!o->only || is_in_list(o->only, plan->nodes[i]));
        count += wanted[i];
        kept += answered;
    }
    cfg.parallel = !cfg.launcher ? 1 : o->parallel ? o->parallel : plan->node_count;
    if (!code && kept)
        cli_say("qkbench campaign: %zu of %zu nodes answered before and are not measured again", kept,
                plan->node_count);
    if (!code && count)
        code = cli_nodes_run(&cfg, fleet, wanted, err);
    cli_words_free(&words);
    return code;
}

static int show(struct cli_campaign *o, const struct baseline_fleet *fleet, struct qk_error *err)
{
    FILE *const text = cli_out_text(o->outputs, CLI_CAMPAIGN_OUTPUTS);
    FILE *const json = o->outputs[CLI_CAMPAIGN_JSON].file.stream;
    FILE *const markdown = o->outputs[CLI_CAMPAIGN_MARKDOWN].file.stream;
    int code = report_fleet(fleet, report_table_text, text, err);
    if (!code && json)
        code = bench_fields_write(&report_fleet_fields, fleet, "the campaign's JSON", json, err);
    if (!code && markdown)
        code = report_fleet(fleet, report_table_markdown, markdown, err);
    return code ? code : cli_out_commit(o->outputs, CLI_CAMPAIGN_OUTPUTS, err);
}

/* From the plan on. Returns an exit code, or a qk_code. */
static int carry_out(struct cli_campaign *o, const struct cli_folder *folder,
                     const struct baseline_fleet_plan *plan, const struct cli_payload *payload,
                     struct qk_error *err)
{
    struct baseline_fleet fleet;
    int code = baseline_fleet_begin(&fleet, plan, err), exit_code = 0;
    for (size_t i = 0; i < plan->node_count && !code; i++)
        code = cli_answer_read(folder, plan, &fleet.nodes[i], err);
    if (!code && !o->merge)
        code = measure(o, folder, plan, payload, &fleet, err);
    if (!code)
        code = baseline_fleet_merge(&fleet, err);
    if (!code)
        code = show(o, &fleet, err);
    exit_code = fleet.exit_code;
    baseline_fleet_free(&fleet);
    return code ? code : exit_code;
}

/* A plan of the command line or of the folder, and what belongs to it. */
static int plan_it(struct cli_campaign *o, const struct cli_folder *folder, struct baseline_fleet_plan *plan,
                   struct cli_payload *payload, struct qk_error *err)
{
    if (!makes_plan(o))
        return cli_folder_read(folder, plan, o->merge ? NULL : payload, err);
    int code = o->against ? cli_campaign_build(o, err) : 0;
    if (!code)
        code = cli_campaign_pack(o, plan, payload, err);
    return code ? code : cli_folder_keep(folder, plan, payload, err);
}

static int campaign(void *options, struct qk_error *err)
{
    struct cli_campaign *const o = options;
    struct cli_folder folder = {.lock = -1};
    struct baseline_fleet_plan plan = {.node_count = 0};
    struct cli_payload payload = {.bytes = NULL};
    const char *const held = o->merge ? o->merge : !makes_plan(o) ? o->into : NULL;
    int code = cli_out_spares(o->outputs, CLI_CAMPAIGN_OUTPUTS, "--duet", o->duet.path, err);
    if (!code)
        code = cli_out_spares(o->outputs, CLI_CAMPAIGN_OUTPUTS, "--candidate", o->candidate.path, err);
    if (!code)
        code = cli_out_spares(o->outputs, CLI_CAMPAIGN_OUTPUTS, "--policy", o->policy, err);
    if (!code)
        code = cli_out_open(o->outputs, CLI_CAMPAIGN_OUTPUTS, err);
    if (!code && held && access(held, F_OK))
        code = qk_fail(err, QK_ERR_IO, held, "is not there: expected the folder of a campaign");
    if (!code)
        code = cli_folder_open(&folder, held ? held : o->into, err);
    if (!code)
        code = plan_it(o, &folder, &plan, &payload, err);
    if (!code && o->prepare)
        cli_print("%s holds the campaign %s: %zu nodes, %zu bytes to send", folder.path, plan.hash,
                  plan.node_count, payload.size);
    else if (!code)
        code = carry_out(o, &folder, &plan, &payload, err);
    cli_out_abort(o->outputs, CLI_CAMPAIGN_OUTPUTS);
    cli_folder_close(&folder);
    cli_payload_free(&payload);
    baseline_fleet_plan_free(&plan);
    free(o->built);
    free(o->built_base);
    free(o->built_candidate);
    free(o->same_code);
    return code;
}

/* argp would take the words behind -- for patterns. Returns how many words are before it. */
static int take_command(struct cli_campaign *o, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], "--")) {
            o->command = argv + i + 1;
            o->command_count = (size_t)(argc - i - 1);
            return i;
        }
    return argc;
}

int cli_campaign(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_ROW_PATTERNS(cli_campaign, measure),
        {"against", AGAINST, "REF", CLI_STRING(cli_campaign, against),
         "Build this tree and commit REF as ci/gate does, and judge this tree", 1},
        {"duet", 'd', "[NAME=]BASE.so", CLI_FILE(cli_campaign, duet),
         "Judge modules that are there, as gate does", 1},
        {"candidate", 'c', "[NAME=]FILE.so", CLI_FILE(cli_campaign, candidate),
         "With --duet: judge FILE.so (default: this build's own libqkernels.so)", 1},
        {"nodes", NODES, "LIST", CLI_STRING(cli_campaign, nodes),
         "Names of the nodes, with commas. The launcher's {node} becomes each of them", 2},
        {"launch", LAUNCH, "TEMPLATE", CLI_STRING(cli_campaign, launch),
         "How a command gets to a node: 'srun -N1 --exclusive -C {node}', 'ssh {node}', or local, which is "
         "this "
         "machine for each of them in turn",
         2},
        {"parallel", PARALLEL, "N", CLI_UINT64(cli_campaign, parallel, 1, BASELINE_FLEET_NODES),
         "Launch at most N nodes at a time (default: all; local: one)", 2},
        {"timeout", TIMEOUT, "S", CLI_UINT64(cli_campaign, timeout, 1, 8640000),
         "Give up a node S seconds after its launch, waiting in a queue included (default: 14400)", 2},
        {"into", INTO, "DIR", CLI_STRING(cli_campaign, into),
         "Keep all in DIR. The same command goes on there, and so does --into DIR --launch TEMPLATE alone",
         3},
        {"only", ONLY, "LIST", CLI_STRING(cli_campaign, only), "Launch these nodes now, and leave the others",
         3},
        {"prepare", PREPARE, NULL, CLI_FLAG(cli_campaign, prepare),
         "Write to DIR what is to be sent, and launch nothing", 3},
        {"merge", MERGE, "DIR", CLI_STRING(cli_campaign, merge), "Measure nothing, and sum up what is in DIR",
         3},
        {"suite", SUITE, "NAME", CLI_STRING(cli_campaign, suite), "As of gate", 4},
        {"policy", POLICY, "FILE", CLI_STRING(cli_campaign, policy), "As of gate; the file is sent", 4},
        {"budget", BUDGET, "S", CLI_UINT64(cli_campaign, budget, 1, 86400), "As of gate, on each node", 4},
        {"strict", STRICT, NULL, CLI_FLAG(cli_campaign, strict), "As of gate", 4},
        {"time-identical", IDENTICAL, NULL, CLI_FLAG(cli_campaign, time_identical), "As of gate", 4},
        {"all-shapes", SHAPES, NULL, CLI_FLAG(cli_campaign, all_shapes), "As of gate", 4},
        {"lock-dir", LOCK_DIR, "DIR", CLI_STRING(cli_campaign, lock_dir), "As of gate, a folder of the node",
         4},
        {"out", 'o', "FILE", CLI_STRING(cli_campaign, outputs[CLI_CAMPAIGN_JSON].path),
         "All that was found as JSON; - is standard output", 5},
        {"markdown", MARKDOWN, "FILE", CLI_STRING(cli_campaign, outputs[CLI_CAMPAIGN_MARKDOWN].path),
         "The tables for a job summary", 5},
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[PATTERN...] [-- COMMAND...]",
        "Asks many machines the question of gate: sends the program and both modules to each node, judges "
        "there "
        "with controls of its own, and merges. The worst verdict counts. A node that does not answer is "
        "MISSING. "
        "-- COMMAND sends any other command of qkbench.\v"
        "A node needs sh, tar, head and mktemp, and the same libc or a newer one. It needs no shared files "
        "and no "
        "libraries of ours. The gates share alpha. DIR/NODE has what a node found and said. Exit codes are "
        "those "
        "of gate. Examples:\n"
        "  qkbench campaign --duet base.so --nodes a,b --launch local --into campaign/ "
        "'qk256_dequant/p4*/4096'\n"
        "  qkbench campaign --merge campaign/ --markdown summary.md\n"
        "  qkbench campaign --nodes a,b --launch local -- run --quick 'qk256_dequant/p4*/256' --out "
        "run.json\n"
        "`qkbench campaign --against main --nodes zen5,icx,adl --launch 'srun -N1 --exclusive -C {node}' "
        "--into "
        "campaign/` builds both modules, and asks Slurm for a node of each kind."};
    struct cli_campaign o = {
        .measure = {.job = cli_job()},
        .timeout = 14400,
        .outputs = {[CLI_CAMPAIGN_JSON].option = "--out", [CLI_CAMPAIGN_MARKDOWN].option = "--markdown"}};
    return cli_main(&usage, take_command(&o, argc, argv), argv, &o, campaign);
}
