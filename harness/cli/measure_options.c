/* SPDX-License-Identifier: MIT */
#include "harness/cli/measure_options.h"

struct cli_measure_options cli_measure_defaults(void)
{
    return (struct cli_measure_options){.what = {.job = cli_job()}, .counters = "auto"};
}

error_t cli_measure_parse(int key, char *arg, struct argp_state *state, struct cli_measure_options *o)
{
    switch (key) {
    case 'S':
        o->what.shapes = arg;
        return 0;
    case 'q':
        o->what.job.quick = true;
        return 0;
    case 'o':
        o->out = arg;
        return 0;
    case 'C':
        o->counters = arg;
        return 0;
    case 'p':
        o->what.job.cpu = (int)cli_number(state, "--cpu", arg, 0, 1023);
        return 0;
    case 's':
        o->what.job.seed = cli_number(state, "--seed", arg, 0, (UINT64_C(1) << 53) - 1);
        return 0;
    case ARGP_KEY_ARGS:
        o->what.patterns = state->argv + state->next;
        o->what.count = (size_t)(state->argc - state->next);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
