/* SPDX-License-Identifier: MIT */
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/options.h"

#include <string.h>

static const struct action {
    const char *name;
    size_t least, most; /* arguments behind the name of the action */
    int (*run)(struct cli_baseline_options *o, const char *folder, struct qk_error *err);
} actions[] = {
    {"save", 1, 2, cli_baseline_save},     {"list", 0, 0, cli_baseline_list},
    {"show", 1, 1, cli_baseline_show},     {"accept", 2, 2, cli_baseline_accept},
    {"remove", 1, 1, cli_baseline_remove},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

struct parsed {
    struct cli_baseline_options o;
    const struct action *action;
    const char *dir;
    char *pattern;
};

static void take_argument(struct parsed *p, char *arg, struct argp_state *state)
{
    if (p->action) {
        if (state->arg_num > p->action->most)
            cli_wrong(state, "unexpected argument '%s' of %s", arg, p->action->name);
        *(state->arg_num == 1 ? &p->o.name : &p->o.result) = arg;
        return;
    }
    for (size_t i = 0; i < ACTIONS; i++)
        if (!strcmp(arg, actions[i].name))
            p->action = &actions[i];
    if (!p->action)
        cli_wrong(state, "unknown action '%s'; expected save, list, show, accept or remove", arg);
}

static void check(const struct parsed *p, struct argp_state *state)
{
    if (!p->action)
        cli_wrong(state, "an action is missing: save, list, show, accept or remove");
    else if (state->arg_num <= p->action->least)
        cli_wrong(state, "%s: %s is missing", p->action->name,
                  state->arg_num == 1 ? "the baseline's NAME" : "RESULT, a file written by run --out,");
    else if (!strcmp(p->action->name, "accept") && !p->o.reason)
        cli_wrong(state, "accept: --reason TEXT is missing");
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct parsed *p = to;
    switch (key) {
    case 'n':
        p->pattern = arg;
        p->o.measure.patterns = &p->pattern;
        p->o.measure.count = 1;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(p, arg, state);
        return 0;
    case ARGP_KEY_END:
        check(p, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(void *options, struct qk_error *err)
{
    struct parsed *p = options;
    char folder[BASELINE_PATH];
    const int code = baseline_folder(folder, p->dir, err);
    return code ? code : p->action->run(&p->o, folder, err);
}

int cli_baseline(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"dir", 'd', "DIR", CLI_STRING(parsed, dir),
         "Folder of baselines (default: $QK_BASELINES, else baselines/data)", 0},
        {"reason", 'r', "TEXT", CLI_STRING(parsed, o.reason), "accept: why the new figures are right", 0},
        {"only", 'n', "PATTERN", CLI_OTHER, "save without a result: cases to measure (default: all)", 0},
        {"launches", 'l', "N", CLI_UINT64(parsed, o.launches, 1, CLI_LAUNCHES_MAX),
         "save without a result: runs whose median is kept (default: 5)", 0},
        {"budget", 'b', "S", CLI_UINT64(parsed, o.budget_s, 1, CLI_BUDGET_MAX_S),
         "save without a result: seconds that all of it may take, though a case gets 8 blocks in each launch "
         "whatever that takes (default: 300)",
         0},
        CLI_ROW_QUICK(parsed, o.measure, "save without a result: fewer and shorter blocks", 0),
        CLI_ROW_CPU(parsed, o.measure, "Pin to", 0),
        CLI_ROW_SEED(parsed, o.measure.job.seed, "order and inputs", 0),
        {0}};
    static const struct cli_usage usage = {
        options, parse, "save NAME [RESULT]\nlist\nshow NAME\naccept NAME RESULT --reason TEXT\nremove NAME",
        "Keeps what later runs are held against, as text for version control: DIR/MACHINE/NAME.json.\vsave "
        "without RESULT measures now: several launches of run and a breakdown, in --budget seconds. accept "
        "replaces only the cases that differ and keeps their old figures, date and reason. Examples:\n"
        "  qkbench baseline save main --dir baselines/data\n"
        "  qkbench baseline accept main result.json --reason 'new unpack, two shuffles less'"};
    struct parsed p = {.o = {.measure = {.job = cli_job()}, .launches = 5, .budget_s = 300}};
    return cli_main(&usage, argc, argv, &p, run);
}
