/* SPDX-License-Identifier: MIT */
/*
 * A run and a breakdown for several subcommands. They are measured in this process, or in a launch when there
 * are rows to load.
 */
#pragma once

#include "harness/breakdown/breakdown.h"
#include "harness/cli/load/load.h"

struct cli_measure {
    char **patterns;
    size_t count;
    struct cli_load_list load;
    const char *shapes;   /* NULL: each op's first set, or one shape in L1 */
    struct bench_job job; /* cpu -1: the last one allowed. cli_measure_begin fills in cpu and isa */
    struct qk_cpu isa;
};

/* A job with the built-in table, a fresh seed, any CPU, and the program's interruption and progress. */
struct bench_job cli_job(void);
/* Pins, finds the ISA levels and, unless env is NULL, reads the environment. Errors of all three. */
int cli_measure_begin(struct cli_measure *m, struct bench_environment *env, struct qk_error *err);
/* Pins, makes the counters listed and runs into *set, which is initialised. Errors of all three. */
int cli_measure_run(struct cli_measure *m, const char *counters, struct bench_sample_set *set, bool *failed,
                    struct qk_error *err);
/* The same for a breakdown into a zeroed *bd. Free it in any case. Errors of bench_breakdown_run. */
int cli_measure_breakdown(struct cli_measure *m, const char *counters, struct bench_breakdown *bd,
                          struct qk_error *err);
