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

/* This machine, to know which folder its baselines are in. */
int cli_machine(struct bench_environment *env, struct qk_error *err);

/*
 * `what` as a baseline. It is a file (it has a '/' or ends in .json) that is a baseline or a result of run
 * --out, or else the name of one that fits this machine (baseline_load_fitting). QK_ERR_ARG for a name that
 * there is none of.
 */
int cli_baseline_open(struct baseline *b, const char *what, const char *dir, struct qk_error *err);
/* A result of run --out as a baseline of one launch. A case that failed its check is absent. */
int cli_baseline_of_result(struct baseline *b, const char *name, const char *path, struct qk_error *err);
/* QK_ERR_CHECK naming the first absent case that failed, where there is one. */
int cli_baseline_refuse_failed(const struct baseline *b, const char *path, struct qk_error *err);

/* A run of this program as a process of its own, with its own address layout. */
struct cli_launch {
    const struct cli_measure *measure; /* of its patterns the first one */
    const char *name, *counters;
    uint64_t seed;
    double budget_s; /* of timing, without what is counted after that */
    void (*progress)(void *ctx, double done, const char *what);
    void *ctx;
};
/* Waits for its end. Errors of a run, and QK_ERR_INTERRUPTED. */
int cli_launch_run(const struct cli_launch *l, struct bench_sample_set *set, struct qk_error *err);

/*
 * `launches` launches with counters and steps, and a breakdown in this process. All of it takes about
 * budget_s, or what 8 blocks of every case take in every launch. Tells on stderr where it is at. Errors of
 * those. QK_ERR_INTERRUPTED.
 */
int cli_baseline_measure(struct baseline *b, const char *name, struct cli_measure *m, size_t launches,
                         double budget_s, struct qk_error *err);
/*
 * The breakdown of m->patterns. *made says whether *bd is one. If not, why[size] says why: nothing staged is
 * among them, or none of it is available. Free it in any case.
 */
int cli_baseline_breakdown(struct cli_measure *m, struct bench_breakdown *bd, bool *made, char *why,
                           size_t size, struct qk_error *err);
