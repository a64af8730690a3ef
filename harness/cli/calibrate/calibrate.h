/* SPDX-License-Identifier: MIT */
/* The calibrate command in parts: options and the campaign (calibrate.c), one gate (launch.c), noise.c. */
#pragma once

#include "baselines/campaigns/campaign.h"
#include "harness/cli/measure.h"

enum { CLI_CALIBRATE_SIZES = 16 };

struct cli_calibrate {
    struct cli_measure measure; /* patterns, CPU, seed */
    char module[4096];          /* the base */
    const char *e2e;            /* the base program, in place of a module; NULL: kernels */
    const char *given, *rebuilt, *slower;
    const char *suite, *policy, *lock_dir, *into;
    struct baseline_policy margins; /* of `policy`, or the built-in one */
    uint64_t runs, budget;
    bool arms[BASELINE_ARMS]; /* which run */
    double sizes[CLI_CALIBRATE_SIZES];
    size_t size_count;
    bool busy, neighbour, show, markdown;
};

/*
 * Runs one gate as a child, which is told to end when we are. `arm`, `asked` and `seed` of *run say which.
 * What the gate finds is filled in. QK_ERR_INTERRUPTED, QK_ERR_MEMORY.
 * QK_ERR_INVALID: the gate could not judge; *err has its reason. `tell` is called a few times a second.
 */
int cli_calibrate_launch(const struct cli_calibrate *o, struct baseline_campaign_run *run,
                         void (*tell)(void *), void *ctx, struct qk_error *err);

/* Threads of ours on other CPUs than the one that is measured. They end with this process. */
struct cli_noise;
/*
 * busy: every other CPU spins. neighbour: one other CPU streams memory. NULL with a code in *code:
 * QK_ERR_UNAVAILABLE when there is no other CPU, QK_ERR_MEMORY, QK_ERR_IO.
 */
struct cli_noise *cli_noise_begin(int measured, bool busy, bool neighbour, int *code, struct qk_error *err);
void cli_noise_end(struct cli_noise *noise);
