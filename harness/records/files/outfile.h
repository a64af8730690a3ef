/* SPDX-License-Identifier: MIT */
/*
 * Output files that appear whole or not at all. A file is written under a temporary name in the same folder,
 * fsynced and renamed. Then the folder is fsynced. Until commit, the file with the final name is untouched.
 *
 * A new file takes over mode, owner, group, access list and user attributes of the one it replaces. A
 * symbolic link stays, and its target is replaced. A link that leads nowhere is an error. Other hard links
 * keep the old file. An existing file that the user may not write is not replaced, even when its folder would
 * allow it.
 *
 * In some cases a new file cannot replace the old one:
 * - the old file is a mount point;
 * - the folder accepts no new file;
 * - the new file cannot get the old one's owner, group or access list.
 * Then the old file is overwritten in place, once all new bytes are there. A copy of the old bytes is kept in
 * memory, and is put back when overwriting fails, say on a full disk. Only SIGKILL or a power cut can leave
 * the file torn.
 *
 * A terminal, pipe, /dev/null, or anything else that is no regular file is written to directly. So is a file
 * that has no name any more. So is an open descriptor (/dev/stdout, /dev/fd/N, /proc/self/fd/N), whatever it
 * leads to, from its current position on.
 *
 * A temporary file is called .qkbench-PID-N.tmp. Its process holds a lock (flock) on it for as long as it
 * lives. Opening a file removes temporary files without a lock, because their process was killed. It leaves
 * files of other users and files named after a living process. On file systems that other machines may share
 * it leaves all, because a lock says little there.
 */
#pragma once

#include "kernels/support.h"

#include <stdio.h>

struct bench_outfile {
    FILE *stream; /* write here; NULL when not open */
    char *path;   /* owned */
    /* A name under which other programs find what `stream` writes to. NULL when that is `path` itself. */
    char *temp;
    int slot; /* private; -1: no temporary file */
};

/*
 * Creates the temporary file. Its mode is 0666 less umask, or 0600 when it will take the mode of an old file.
 * On failure *out is not open. Only one thread may open and end files.
 *   QK_ERR_IO      names the path, the system's reason and a remedy
 *   QK_ERR_ARG     the same file is open for another output
 *   QK_ERR_MEMORY
 */
int bench_outfile_open(struct bench_outfile *out, const char *path, struct qk_error *err);
/*
 * Flushes, fsyncs and renames. It closes the file in any case. It notices failed writes to the stream, also
 * earlier ones. On failure (QK_ERR_IO) the temporary file is removed and the old file is whole.
 */
int bench_outfile_commit(struct bench_outfile *out, struct qk_error *err);
/* Closes and removes the temporary file. Does nothing when *out is not open. */
void bench_outfile_abort(struct bench_outfile *out);
/*
 * For signal handlers and the end of the program. Removes all temporary files, and those folders of
 * bench_make_folder that are still empty. While a file is being overwritten in place it does nothing and
 * returns false.
 */
bool bench_outfile_tidy(void);
/*
 * Flushes `to`. QK_ERR_IO names `what` when this or an earlier write to it failed. The reason in errno may
 * then belong to the earlier write.
 */
int bench_written(FILE *to, const char *what, struct qk_error *err);
/* mkdir -p. An existing folder is fine. QK_ERR_IO names the part that could not be made. QK_ERR_MEMORY. */
int bench_make_folder(const char *path, struct qk_error *err);
