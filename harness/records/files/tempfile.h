/* SPDX-License-Identifier: MIT */
/*
 * What this process must not leave behind: its temporary files, and folders that it made for files that never
 * came.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Creates a locked file .qkbench-PID-N.tmp in the folder of `path`. It first removes what dead processes left
 * there. Returns a descriptor for reading and writing, or -1 with errno. *slot is the file's number for the
 * calls below.
 */
int bench_tempfile_make(const char *path, mode_t mode, int *slot);
const char *bench_tempfile_name(int slot);
/* bench_tempfile_remove removes the file. bench_tempfile_forget is for a file that has another name now. */
void bench_tempfile_remove(int slot);
void bench_tempfile_forget(int slot);

/* mkdir(2) of a folder that bench_tempfile_tidy removes if it is still empty. */
int bench_tempfile_mkdir(const char *path);

/*
 * See bench_outfile_tidy. It does nothing between bench_tempfile_hold(true) and bench_tempfile_hold(false).
 */
void bench_tempfile_hold(bool on);
bool bench_tempfile_tidy(void);
