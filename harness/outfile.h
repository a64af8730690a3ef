/* SPDX-License-Identifier: MIT */
/*
 * Files that appear whole or not at all: written under a temporary name in the same folder, fsynced, renamed,
 * folder fsynced. Until commit the file of the final name is untouched.
 */
#ifndef QKBENCH_HARNESS_OUTFILE_H
#define QKBENCH_HARNESS_OUTFILE_H

#include "kernels/support.h"

#include <stdio.h>

struct bench_outfile {
    FILE *stream;       /* write here; NULL when not open */
    char *path, *temp;  /* owned */
};

/* Creates the temporary file (mode 0666 less umask). QK_ERR_IO naming the path and the system's reason. */
int bench_outfile_open(struct bench_outfile *out, const char *path, struct qk_error *err);
/* Flush, fsync, rename. On failure the temporary file is removed and the old file is whole. Closes in any case. */
int bench_outfile_commit(struct bench_outfile *out, struct qk_error *err);
/* Closes and removes the temporary file; nothing happens when it is not open. */
void bench_outfile_abort(struct bench_outfile *out);
/* mkdir -p; an existing folder is fine. */
int bench_make_folder(const char *path, struct qk_error *err);

#endif
