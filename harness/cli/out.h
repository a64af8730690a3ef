/* SPDX-License-Identifier: MIT */
/*
 * What a command writes because an option asks for it. Standard output, as `-` or by another name, takes
 * only that one output; tables then go to standard error. Every other file appears whole or not at all
 * (records/outfile.h).
 */
#pragma once

#include "harness/records/files/outfile.h"

struct cli_out {
    const char *option;        /* "--out" */
    const char *path;          /* NULL: not asked for */
    struct bench_outfile file; /* opened: write to its stream */
};

/*
 * Are these two names one file, or will they be? Devices such as /dev/null do not count: many may write to
 * them.
 */
bool cli_out_same(const char *a, const char *b);
/* QK_ERR_ARG names two options that would write to one file. */
int cli_out_distinct(const struct cli_out *list, size_t count, struct qk_error *err);
/*
 * QK_ERR_ARG when an output of the list is the file `path`, which `option` names and the command reads. A
 * path that is NULL or no file is fine.
 */
int cli_out_spares(const struct cli_out *list, size_t count, const char *option, const char *path,
                   struct qk_error *err);
/* The stream for tables and remarks: stdout, or stderr when an output goes to stdout. */
FILE *cli_out_text(const struct cli_out *list, size_t count);

/*
 * Calls cli_out_distinct, then opens all that are asked for. Do this before the work, so that a bad path
 * costs no work.
 */
int cli_out_open(struct cli_out *list, size_t count, struct qk_error *err);
/* Makes each open file appear under its name. */
int cli_out_commit(struct cli_out *list, size_t count, struct qk_error *err);
/* Removes what was not committed. */
void cli_out_abort(struct cli_out *list, size_t count);
