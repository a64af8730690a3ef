/* SPDX-License-Identifier: MIT */
/* Where run's samples go: JSON, CSV and the table on stdout. */
#ifndef QKBENCH_HARNESS_CLI_RESULT_FILES_H
#define QKBENCH_HARNESS_CLI_RESULT_FILES_H

#include "harness/records/outfile.h"
#include "harness/records/sample_set.h"

struct cli_result_files {
    const char *json_path, *csv_path; /* NULL: not wanted */
    struct bench_outfile json, csv;
};

/* Before the run, so that a path that cannot be written costs no measurement. */
int cli_result_files_open(struct cli_result_files *f, struct qk_error *err);
/* Both appear whole, or the old ones stay. */
int cli_result_files_write(struct cli_result_files *f, const struct bench_sample_set *set,
                           struct qk_error *err);
/* Nothing stays behind of files that were not written. Does nothing after a write. */
void cli_result_files_abort(struct cli_result_files *f);

/* The summary's table on stdout. */
int cli_print_summary(const struct bench_sample_set *set, struct qk_error *err);

#endif
