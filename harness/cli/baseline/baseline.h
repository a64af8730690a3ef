/* SPDX-License-Identifier: MIT */
/* Stored baselines as the subcommands see them. */
#pragma once

#include "baselines/stored/baseline.h"
#include "harness/cli/measure.h"

enum { CLI_LAUNCHES_MAX = 100, CLI_BUDGET_MAX_S = 86400 };

struct cli_baseline_options {
    const char *name, *result, *reason;
    struct cli_measure measure;
    size_t launches;
    uint64_t budget_s;
};

/* The actions of `qkbench baseline`, on a folder of baselines. */
int cli_baseline_save(struct cli_baseline_options *o, const char *folder, struct qk_error *err);
int cli_baseline_list(struct cli_baseline_options *o, const char *folder, struct qk_error *err);
int cli_baseline_show(struct cli_baseline_options *o, const char *folder, struct qk_error *err);
int cli_baseline_accept(struct cli_baseline_options *o, const char *folder, struct qk_error *err);
int cli_baseline_remove(struct cli_baseline_options *o, const char *folder, struct qk_error *err);

/* Reads what identifies this machine, which names the folder of its baselines. */
int cli_machine(struct bench_environment *env, struct qk_error *err);

/*
 * Opens `what` as a baseline. If it has a '/' or ends in .json it is a file: a baseline, or a result of run
 * --out. Otherwise it is the name of a baseline that fits this machine (baseline_load_fitting). QK_ERR_ARG
 * when there is none of the name.
 */
int cli_baseline_open(struct baseline *b, const char *what, const char *dir, struct qk_error *err);
/* Reads a result of run --out as a baseline of one launch. A case that failed its check is absent. */
int cli_baseline_of_result(struct baseline *b, const char *name, const char *path, struct qk_error *err);
/* QK_ERR_CHECK names the first absent case that failed its check, if there is one. */
int cli_baseline_refuse_failed(const struct baseline *b, const char *path, struct qk_error *err);

/* A launch: this program run as a process of its own, with its own address layout. */
struct cli_launch {
    const struct cli_measure *measure; /* only its first pattern counts */
    const char *name, *counters;
    uint64_t seed;
    double budget_s; /* for timing, without the counting after that */
    void (*progress)(void *ctx, double done, const char *what);
    void *ctx;
};
/* Runs the launch and waits for its end. Errors of a run, and QK_ERR_INTERRUPTED. */
int cli_launch_run(const struct cli_launch *l, struct bench_sample_set *set, struct qk_error *err);

/*
 * Makes a baseline of `launches` launches with counters and steps, and a breakdown in this process. Together
 * they take about budget_s, but at least 8 blocks of every case in every launch. Says on stderr where it is.
 * Errors of launches and breakdown. QK_ERR_INTERRUPTED.
 */
int cli_baseline_measure(struct baseline *b, const char *name, struct cli_measure *m, size_t launches,
                         double budget_s, struct qk_error *err);
/*
 * Makes the breakdown of m->patterns. *made says whether *bd is one. If not, why[size] says why: no pattern
 * names anything staged, or none of it is available. Free *bd in any case.
 */
int cli_baseline_breakdown(struct cli_measure *m, struct bench_breakdown *bd, bool *made, char *why,
                           size_t size, struct qk_error *err);
