/* SPDX-License-Identifier: MIT */
/*
 * The options of a subcommand are rows of a table, and each row says where its value goes. What a row cannot
 * say goes to a function of the command. argp does the rest.
 */
#pragma once

#include "harness/cli/cli.h"
#include "harness/cli/measure.h"

#include <limits.h>
#include <stddef.h>

enum cli_kind {
    CLI_KIND_OTHER,
    CLI_KIND_FLAG,
    CLI_KIND_STRING,
    CLI_KIND_INT,
    CLI_KIND_UINT64,
    CLI_KIND_PATTERNS,
    CLI_KIND_LOAD,
    CLI_KIND_FILE
};
struct cli_place {
    enum cli_kind kind; /* OTHER: the command's function gets the value */
    size_t at;          /* offset in the struct that cli_parse fills */
    uint64_t min, max;  /* of a number */
};
struct cli_option {
    const char *name;
    int key;
    const char *argument;
    struct cli_place to;
    const char *help;
    int group;
};

#define CLI_ROW(...)                                                                                         \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
/* The offset of `member`. A member of another type does not compile. */
#define CLI_AT(type, member, c)                                                                              \
    (offsetof(struct type, member) + 0 * sizeof((c *)0 == &((struct type *)0)->member))
#define CLI_FLAG(type, member)             CLI_ROW(CLI_KIND_FLAG, CLI_AT(type, member, bool), 0, 0)
#define CLI_STRING(type, member)           CLI_ROW(CLI_KIND_STRING, CLI_AT(type, member, const char *), 0, 0)
#define CLI_INT(type, member, min, max)    CLI_ROW(CLI_KIND_INT, CLI_AT(type, member, int), min, max)
#define CLI_UINT64(type, member, min, max) CLI_ROW(CLI_KIND_UINT64, CLI_AT(type, member, uint64_t), min, max)
#define CLI_OTHER                          CLI_ROW(CLI_KIND_OTHER, 0, 0, 0)

/* FILE or NAME=FILE, as --load takes it. */
#define CLI_FILE(type, member) CLI_ROW(CLI_KIND_FILE, CLI_AT(type, member, struct cli_load_file), 0, 0)

/* Rows that several commands have; `measure` is the place of a struct cli_measure. */
#define CLI_ROW_PATTERNS(type, measure)                                                                      \
    CLI_ROW(NULL, ARGP_KEY_ARGS, NULL,                                                                       \
            CLI_ROW(CLI_KIND_PATTERNS, CLI_AT(type, measure, struct cli_measure), 0, 0), NULL, 0)
#define CLI_ROW_QUICK(type, measure, what, group)                                                            \
    CLI_ROW("quick", 'q', NULL, CLI_FLAG(type, measure.job.quick), what, group)
#define CLI_ROW_CPU(type, measure, verb, group)                                                              \
    CLI_ROW("cpu", 'p', "N", CLI_INT(type, measure.job.cpu, 0, INT_MAX),                                     \
            verb " logical CPU N (default: the last one allowed)", group)
#define CLI_ROW_LOAD(type, list)                                                                             \
    CLI_ROW(                                                                                                 \
        "load", 'l', "[NAME=][ggml:]FILE",                                                                   \
        CLI_ROW(CLI_KIND_LOAD, CLI_AT(type, list, struct cli_load_list), 0, 0),                              \
        "Add the rows of the kernel module FILE, called op/NAME:variant; may be repeated (default NAME: "    \
        "the module's own, or else the file's without lib and .so). ggml:FILE is a libggml-cpu-*.so",        \
        0)
#define CLI_SEED_MAX ((UINT64_C(1) << 53) - 1)
#define CLI_ROW_SEED(type, seed, what, group)                                                                \
    CLI_ROW("seed", 's', "N", CLI_UINT64(type, seed, 0, CLI_SEED_MAX),                                       \
            "Draw " what " from this seed (default: a fresh one)", group)

/*
 * Options of run, breakdown, ceilings and doctor. The `struct options` of such a command begins with this.
 */
struct cli_measure_options {
    struct cli_measure what;
    const char *out;      /* NULL: none */
    const char *counters; /* as bench_counters_make takes it */
};
/* Defaults: all cases, all counters, a fresh seed, any CPU. */
struct cli_measure_options cli_measure_defaults(void);
#define CLI_OPTION_PATTERNS CLI_ROW_PATTERNS(cli_measure_options, what)
#define CLI_OPTION_LOAD     CLI_ROW_LOAD(cli_measure_options, what.load)
#define CLI_OPTION_SHAPES(help)                                                                              \
    CLI_ROW("shapes", 'S', "SET", CLI_STRING(cli_measure_options, what.shapes), help, 0)
#define CLI_OPTION_QUICK(help) CLI_ROW_QUICK(cli_measure_options, what, help, 0)
#define CLI_OPTION_OUT(help)                                                                                 \
    CLI_ROW("out", 'o', "FILE", CLI_STRING(cli_measure_options, out), help "; - is standard output", 0)
#define CLI_OPTION_COUNTERS(help)                                                                            \
    CLI_ROW("counters", 'C', "LIST", CLI_STRING(cli_measure_options, counters), help, 0)
#define CLI_OPTION_CPU(verb)   CLI_ROW_CPU(cli_measure_options, what, verb, 0)
#define CLI_OPTION_SEED(drawn) CLI_ROW_SEED(cli_measure_options, what.job.seed, drawn, 0)

struct cli_usage {
    const struct cli_option *options; /* at most 39, ended by {0} */
    /*
     * Gets what has no place. It is like argp's parser, but `to` is the struct being filled. NULL for none.
     * Returns ARGP_ERR_UNKNOWN for what it does not know.
     */
    error_t (*parse)(int key, char *arg, struct argp_state *state, void *to);
    const char *arguments, *doc; /* an argument that nobody takes is an error */
};

/* Fills *to. Exits with 2 and a text when the command line is wrong. */
void cli_parse(const struct cli_usage *usage, int argc, char **argv, void *to);
/* The same, then `run` with interrupts caught. It returns an exit code, or a qk_code with *err. */
int cli_main(const struct cli_usage *usage, int argc, char **argv, void *to,
             int (*run)(void *to, struct qk_error *err));
