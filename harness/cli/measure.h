/* SPDX-License-Identifier: MIT */
/* A run and a breakdown in this process, as several subcommands want them. */
#ifndef QKBENCH_HARNESS_CLI_MEASURE_H
#define QKBENCH_HARNESS_CLI_MEASURE_H

#include "harness/breakdown.h"

struct cli_measure {
    char **patterns;
    size_t count;
    const char *shapes; /* NULL: each op's first set, or one shape in L1 */
    bool quick;
    int cpu; /* -1: the last one allowed */
    uint64_t seed;
};

/* Pins, finds the ISA levels and, unless env is NULL, reads the environment: the CPU this thread is on, or an error. */
int cli_measure_begin(const struct cli_measure *m, struct qk_cpu *isa, struct bench_environment *env,
                      struct qk_error *err);
/* Pins, makes the counters of that list and runs into *set, which is initialised. Errors of all three. */
int cli_measure_run(const struct cli_measure *m, const char *counters, struct bench_sample_set *set,
                    bool *failed, struct qk_error *err);
/* The same into a zeroed *bd, to be freed in any case. Errors of bench_breakdown_run. */
int cli_measure_breakdown(const struct cli_measure *m, const char *counters, struct bench_breakdown *bd,
                          struct qk_error *err);

#endif
