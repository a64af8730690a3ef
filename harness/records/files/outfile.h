/* SPDX-License-Identifier: MIT */
/*
 * Files that appear whole or not at all. They are written under a temporary name in the same folder, fsynced
 * and renamed, and the folder is fsynced. Until commit the file of the final name is untouched.
 *
 * What stays of a file that is replaced: its mode, owner, group, access list and user attributes. A symbolic
 * link stays, and its target is replaced; one that leads nowhere is an error. Other hard links keep the old
 * file. An existing file that the user may not write is not replaced, although its folder would allow it.
 *
 * Where a new file cannot take the old one's place the old one is overwritten in place, by bytes that are all
 * there already: it is a mount point, or no file may be added to its folder, or its owner, group or access
 * list cannot be given to another file. A copy of the old bytes in memory is put back when overwriting fails,
 * say on a full disk. Only SIGKILL or a power cut can tear it.
 *
 * What is no regular file (terminal, pipe, /dev/null) or has no name any more is written to directly. So is
 * an open descriptor (/dev/stdout, /dev/fd/N, /proc/self/fd/N), whatever it leads to, from where it stands.
 *
 * A temporary file is called .qkbench-PID-N.tmp and locked (flock) for as long as its process lives. Opening
 * removes those that nobody has locked: their process was killed. It lets stand what belongs to another user,
 * what is named after a living process, and everything on file systems that other machines may share, where a
 * lock says little.
 */
#pragma once

#include "kernels/support.h"

#include <stdio.h>

struct bench_outfile {
    FILE *stream; /* write here; NULL when not open */
    char *path;   /* owned */
    char *temp;   /* a name for what `stream` writes to, for other programs; NULL when that is path itself */
    int slot;     /* private; -1: no temporary file */
};

/*
 * Creates the temporary file (mode 0666 less umask, or 0600 where it will take the mode of an old one).
 * QK_ERR_IO names the path, the system's reason and a remedy. QK_ERR_ARG: the same file is open for another
 * output. QK_ERR_MEMORY. *out is then not open. One thread opens and ends files.
 */
int bench_outfile_open(struct bench_outfile *out, const char *path, struct qk_error *err);
/*
 * Flushes, fsyncs and renames, and closes in any case. Failed writes to the stream are noticed, earlier ones
 * included. On failure (QK_ERR_IO) the temporary file is removed and the old file is whole.
 */
int bench_outfile_commit(struct bench_outfile *out, struct qk_error *err);
/* Closes and removes the temporary file; nothing happens when it is not open. */
void bench_outfile_abort(struct bench_outfile *out);
/*
 * For signal handlers and the end of the program: removes all temporary files, and the folders of
 * bench_make_folder that are still empty. False, with nothing done, while a file is being overwritten in
 * place.
 */
bool bench_outfile_tidy(void);
/*
 * Flushes `to`. QK_ERR_IO naming `what` when that or an earlier write to it failed; errno may be of an
 * earlier one.
 */
int bench_written(FILE *to, const char *what, struct qk_error *err);
/* mkdir -p; an existing folder is fine. QK_ERR_IO naming the part that could not be made, QK_ERR_MEMORY. */
int bench_make_folder(const char *path, struct qk_error *err);
