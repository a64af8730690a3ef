/* SPDX-License-Identifier: MIT */
/*
 * Files that appear whole or not at all. They are written under a temporary name in the same folder, fsynced and
 * renamed, and the folder is fsynced. Until commit the file of the final name is untouched.
 *
 * A symbolic link is followed: its target is replaced and the link stays. One that leads nowhere is an error. A path
 * that is neither a regular file nor a folder (terminal, pipe, /dev/null) is written to directly. An existing file that
 * the user may not write is not replaced, although its folder would allow it.
 */
#ifndef QKBENCH_HARNESS_RECORDS_OUTFILE_H
#define QKBENCH_HARNESS_RECORDS_OUTFILE_H

#include "kernels/support.h"

#include <stdio.h>

struct bench_outfile {
    FILE *stream;      /* write here; NULL when not open */
    char *path, *temp; /* owned; temp is NULL when path is written to directly */
};

/*
 * Creates the temporary file (mode 0666 less umask). QK_ERR_IO names the path and the system's reason. QK_ERR_MEMORY.
 * *out is then not open.
 */
int bench_outfile_open(struct bench_outfile *out, const char *path, struct qk_error *err);
/*
 * Flushes, fsyncs and renames, and closes in any case. Failed writes to the stream are noticed, earlier ones included.
 * On failure (QK_ERR_IO) the temporary file is removed and the old file is whole.
 */
int bench_outfile_commit(struct bench_outfile *out, struct qk_error *err);
/* Closes and removes the temporary file; nothing happens when it is not open. */
void bench_outfile_abort(struct bench_outfile *out);
/* Flushes `to`. QK_ERR_IO naming `what` when that or an earlier write to it failed; errno may be of an earlier one. */
int bench_written(FILE *to, const char *what, struct qk_error *err);
/* mkdir -p; an existing folder is fine. QK_ERR_IO naming the part that could not be made, QK_ERR_MEMORY. */
int bench_make_folder(const char *path, struct qk_error *err);

#endif
