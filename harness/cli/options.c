/* SPDX-License-Identifier: MIT */
#include "harness/cli/options.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct input {
    const struct cli_usage *usage;
    char *to;
};

struct cli_measure_options cli_measure_defaults(void)
{
    return (struct cli_measure_options){.what = {.job = cli_job()}, .counters = "auto"};
}

static void put(const struct cli_option *o, char *arg, struct argp_state *state, void *to)
{
    struct cli_measure *measure = to;
    char name[32], why[400];
    snprintf(name, sizeof name, "--%s", o->name ? o->name : "");
    switch (o->to.kind) {
    case CLI_KIND_FLAG:
        *(bool *)to = true;
        return;
    case CLI_KIND_STRING:
        *(const char **)to = arg;
        return;
    case CLI_KIND_PATTERNS:
        measure->patterns = state->argv + state->next;
        measure->count = (size_t)(state->argc - state->next);
        return;
    case CLI_KIND_LOAD:
        if (!cli_load_add(to, arg, why, sizeof why))
            cli_wrong(state, "%s: %s", name, why);
        return;
    case CLI_KIND_FILE:
        if (!cli_load_read(to, arg, why, sizeof why))
            cli_wrong(state, "%s: %s", name, why);
        return;
    case CLI_KIND_INT:
        *(int *)to = (int)cli_number(state, name, arg, o->to.min, o->to.max);
        return;
    default:
        *(uint64_t *)to = cli_number(state, name, arg, o->to.min, o->to.max);
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    const struct input *in = state->input;
    const struct cli_usage *u = in->usage;
    for (const struct cli_option *o = u->options; o->key; o++)
        if (o->key == key && o->to.kind != CLI_KIND_OTHER) {
            put(o, arg, state, in->to + o->to.at);
            return 0;
        }
    const error_t error = u->parse ? u->parse(key, arg, state, in->to) : ARGP_ERR_UNKNOWN;
    if (error == ARGP_ERR_UNKNOWN && key == ARGP_KEY_ARG && !u->arguments)
        cli_wrong(state, "unexpected argument '%s'; %s takes none", arg, strrchr(state->argv[0], ' ') + 1);
    return error;
}

void cli_parse(const struct cli_usage *usage, int argc, char **argv, void *to)
{
    struct argp_option shown[40] = {0};
    struct input in = {usage, to};
    size_t n = 0;
    for (const struct cli_option *o = usage->options; o->key; o++)
        if (o->name) {
            assert(n < sizeof shown / sizeof *shown - 1);
            shown[n++] = (struct argp_option){o->name, o->key, o->argument, 0, o->help, o->group};
        }
    /* A list without an option is memory that argp's help never gives back. */
    const struct argp argp = {
        .options = n ? shown : NULL, .parser = parse, .args_doc = usage->arguments, .doc = usage->doc};
    argp_parse(&argp, argc, argv, 0, NULL, &in);
}

int cli_main(const struct cli_usage *usage, int argc, char **argv, void *to,
             int (*run)(void *to, struct qk_error *err))
{
    struct qk_error err;
    cli_parse(usage, argc, argv, to);
    const int code = run(to, &err);
    return code < 0 ? cli_fail(code, &err) : code;
}
