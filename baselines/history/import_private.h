/* SPDX-License-Identifier: MIT */
/* What the readers of foreign results share. */
#pragma once

#include "baselines/history/import.h"

/* A new run, empty; NULL with *err. It is valid until the next. */
struct baseline_history_run *baseline_import_run(struct baseline_history_runs *runs, const char *file,
                                                 struct qk_error *err);
/* A new result of the run, with the reasons for what its source never has. NULL with *err. */
struct baseline_history_result *baseline_import_result(struct baseline_history_run *run, const char *name,
                                                       const char *file, struct qk_error *err);
/* Date, commit and key. */
int baseline_import_head(struct baseline_history_run *run, const char *date, const char *commit,
                         const json_t *json, const char *file, struct qk_error *err);
/*
 * The machine of a source without a fingerprint. It is made of what is `known`, which the call releases; NULL
 * is a failed allocation.
 */
int baseline_import_machine(struct baseline_history_run *run, json_t *known, const char *cpu,
                            const char *file, struct qk_error *err);

int baseline_import_gbench(struct baseline_history_runs *runs, const json_t *json, const char *commit,
                           const char *file, struct qk_error *err);
/* One row. `path` is its JSON path. */
int baseline_import_llama(struct baseline_history_runs *runs, const json_t *row, const char *commit,
                          const char *file, const char *path, struct qk_error *err);
