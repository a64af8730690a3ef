/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"

#include <stdio.h>
#include <string.h>

struct options {
    struct cli_history_options at;
    int64_t run;
    const char *pattern, *why;
    int mark;
};

static int find_mark(const struct argp_state *state, const char *arg)
{
    int mark = 0;
    while (baseline_mark_names[mark] && strcmp(baseline_mark_names[mark], arg) != 0)
        mark++;
    if (!baseline_mark_names[mark])
        cli_wrong(state, "unknown mark '%s'; expected real, false, accepted or none", arg);
    return mark;
}

static void take(struct options *o, char *arg, const struct argp_state *state)
{
    if (state->arg_num == 0)
        o->run = (int64_t)cli_number(state, "RUN", arg, 1, INT64_MAX);
    else if (state->arg_num == 1)
        o->pattern = arg;
    else if (state->arg_num == 2)
        o->mark = find_mark(state, arg);
    else
        cli_wrong(state, "unexpected argument '%s'", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        take(o, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 3)
            cli_wrong(state, "%s is missing",
                      state->arg_num == 0   ? "RUN, a number of history log,"
                      : state->arg_num == 1 ? "PATTERN, which names cases of the run,"
                                            : "real, false, accepted or none");
        if (!o->why || !o->why[strspn(o->why, " \t\n")])
            cli_wrong(state, "--why TEXT is missing: the reason stands beside the mark");
        if (strlen(o->why) >= BASELINE_HISTORY_TEXT)
            cli_wrong(state, "--why: found %zu bytes, expected at most %d", strlen(o->why),
                      BASELINE_HISTORY_TEXT - 1);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct cli_history h;
    size_t marked = 0;
    int code = cli_history_open(&h, &o->at, true, err);
    if (!code)
        code = baseline_history_mark(h.store, o->run, o->pattern, (enum baseline_mark)o->mark, o->why,
                                     &marked, err);
    if (!code)
        cli_print("marked %zu case%s of run %lld as %s", marked, marked == 1 ? "" : "s", (long long)o->run,
                  baseline_mark_names[o->mark]);
    fflush(stdout);
    cli_history_close(&h);
    return code;
}

int cli_history_mark(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"why", 'y', "TEXT", CLI_STRING(options, why), "The reason, which stands beside the mark", 0},
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "RUN PATTERN real|false|accepted|none",
        "Says what a result of a run was. The newest mark of a result counts; none takes it back.\vaccepted: "
        "its ratio to the pinned release is expected from then on, and history check finds further drift "
        "from there. false: history check leaves the result out. real: history check names the case until a "
        "later ratio is proven lower. RUN is a number of history log. Examples:\n"
        "  qkbench history mark 1 'qk256_dequant/p4*' accepted --why 'checks its input now'\n"
        "  qkbench history mark 1 '*' none --why 'a slip'"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS};
    return cli_main(&usage, argc, argv, &o, run);
}
