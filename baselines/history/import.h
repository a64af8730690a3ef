/* SPDX-License-Identifier: MIT */
/* Runs of a history, made of what other tools and other commands have measured. They have no ratios. */
#pragma once

#include "baselines/history/history.h"
#include "harness/records/json_reader.h"

/*
 * How a measurement is recognised: the XXH3-64 of its JSON, whatever blanks and order of members it has.
 * QK_ERR_MEMORY.
 */
int baseline_history_key(char to[BASELINE_HISTORY_KEY], const json_t *json, const char *file,
                         struct qk_error *err);

struct baseline_history_runs {
    size_t count;
    struct baseline_history_run *list; /* owned */
};
void baseline_history_runs_free(struct baseline_history_runs *runs);

/*
 * Adds the runs of a document, by what it says it is:
 *   - google-benchmark's JSON: one run, with the median of each benchmark's repetitions
 *   - a result of qkbench run: the same, with the machine's fingerprint and instruction counts
 *   - an array of llama-bench's rows, or one row. Each row is a run of one case, because a file may grow
 * `commit` is the commit where the document names none; NULL: unknown. `file` is for messages. Free *runs in
 * any case. QK_ERR_FORMAT with the JSON path; QK_ERR_INVALID: there is no result in it.
 */
int baseline_history_import(struct baseline_history_runs *runs, const json_t *json, const char *commit,
                            const char *file, struct qk_error *err);
