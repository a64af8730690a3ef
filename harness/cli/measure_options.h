/* SPDX-License-Identifier: MIT */
/*
 * Options of the commands that measure. A command lists those of the rows below that it has, each with its own text,
 * and hands keys it does not know itself to cli_measure_parse.
 */
#ifndef QKBENCH_HARNESS_CLI_MEASURE_OPTIONS_H
#define QKBENCH_HARNESS_CLI_MEASURE_OPTIONS_H

#include "harness/cli/cli.h"
#include "harness/cli/measure.h"

struct cli_measure_options {
    struct cli_measure what;
    const char *out;      /* NULL: none */
    const char *counters; /* as bench_counters_make takes it */
};

#define CLI_OPTION_SHAPES(what)                                                                              \
    {                                                                                                        \
        "shapes", 'S', "SET", 0, what, 0                                                                     \
    }
#define CLI_OPTION_QUICK(what)                                                                               \
    {                                                                                                        \
        "quick", 'q', NULL, 0, what, 0                                                                       \
    }
#define CLI_OPTION_OUT(what)                                                                                 \
    {                                                                                                        \
        "out", 'o', "FILE", 0, what, 0                                                                       \
    }
#define CLI_OPTION_COUNTERS(what)                                                                            \
    {                                                                                                        \
        "counters", 'C', "LIST", 0, what, 0                                                                  \
    }
#define CLI_OPTION_CPU(verb)                                                                                 \
    {                                                                                                        \
        "cpu", 'p', "N", 0, verb " logical CPU N (default: the last one allowed)", 0                         \
    }
#define CLI_OPTION_SEED(what)                                                                                \
    {                                                                                                        \
        "seed", 's', "N", 0, "Draw " what " from this seed (default: a fresh one)", 0                        \
    }

/* Everything, every counter, a fresh seed, any CPU. */
struct cli_measure_options cli_measure_defaults(void);
/* argp's parser for these options, and for patterns where argp allows arguments; ARGP_ERR_UNKNOWN for other keys. */
error_t cli_measure_parse(int key, char *arg, struct argp_state *state, struct cli_measure_options *o);

#endif
