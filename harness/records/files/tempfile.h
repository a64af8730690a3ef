/* SPDX-License-Identifier: MIT */
/*
 * What this process must not leave behind: its temporary files, and folders it made for files that never
 * came.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * A locked file .qkbench-PID-N.tmp in the folder of `path`, open for reading and writing; -1 with errno. What
 * dead processes left there is removed first. *slot names it from here on.
 */
int bench_tempfile_make(const char *path, mode_t mode, int *slot);
const char *bench_tempfile_name(int slot);
/* Removes it; or only forgets it, when it has another name now. */
void bench_tempfile_remove(int slot);
void bench_tempfile_forget(int slot);

/* mkdir(2) of a folder that tidying removes if nothing has come into it. */
int bench_tempfile_mkdir(const char *path);

/* See bench_outfile_tidy, which does nothing between true and false. */
void bench_tempfile_hold(bool on);
bool bench_tempfile_tidy(void);
