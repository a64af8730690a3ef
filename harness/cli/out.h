/* SPDX-License-Identifier: MIT */
/*
 * What a command writes because an option asks for it. `-`, or another name of standard output, is there, and
 * it is there alone: tables then go to standard error. Everything else appears whole or not at all
 * (records/outfile.h).
 */
#pragma once

#include "harness/records/files/outfile.h"

struct cli_out {
    const char *option;        /* "--out" */
    const char *path;          /* NULL: not asked for */
    struct bench_outfile file; /* opened: write to its stream */
};

/* Are these two one file, or going to be? Devices such as /dev/null are not: everybody may write to them. */
bool cli_out_same(const char *a, const char *b);
/* QK_ERR_ARG names two options that would write to one file. */
int cli_out_distinct(const struct cli_out *list, size_t count, struct qk_error *err);
/* The stream for tables and remarks: stdout, unless something that was asked for goes there. */
FILE *cli_out_text(const struct cli_out *list, size_t count);

/*
 * All that are asked for, after cli_out_distinct. Before the work, so that a path that will not do costs
 * none.
 */
int cli_out_open(struct cli_out *list, size_t count, struct qk_error *err);
/* All that are open: each appears. */
int cli_out_commit(struct cli_out *list, size_t count, struct qk_error *err);
/* Nothing stays behind of those that were not committed. */
void cli_out_abort(struct cli_out *list, size_t count);
