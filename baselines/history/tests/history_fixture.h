/* SPDX-License-Identifier: MIT */
/* Stores and runs for the tests of this folder. */
#pragma once

#include "baselines/history/drift.h"
#include "baselines/history/private.h"

/* Opens a store for writing; it is made where there is none. */
struct baseline_history *history_open(const char *path);

/* The figures of a ratio in per cent; a half width of NaN leaves the ratio out, for this reason. */
struct history_said {
    double percent, half;
    const char *reason;
};
/* Run number `n`, measured at minute n, of the cases "op/v0/1", "op/v1/1", ... */
struct baseline_history_run history_run_of(int n, const char *machine, const char *release, size_t cases,
                                           struct history_said pinned);
/* Adds it and returns its id. */
int64_t history_add_run(struct baseline_history *h, int n, const char *machine, const char *release,
                        size_t cases, struct history_said pinned);
