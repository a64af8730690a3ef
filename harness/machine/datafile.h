/* SPDX-License-Identifier: MIT */
/* Where the data files that come with qkbench are: $QK_DATA, the installed data folder, then the source
 * folder. */
#ifndef QKBENCH_HARNESS_MACHINE_DATAFILE_H
#define QKBENCH_HARNESS_MACHINE_DATAFILE_H

#include "kernels/support.h"

/*
 * Path of `name` ("reports/roadmap.json") into to[size]. QK_ERR_IO naming every folder that was tried.
 * When $QK_DATA is set and not empty it is the only place looked in.
 */
int bench_data_path(const char *name, char *to, size_t size, struct qk_error *err);

/* Folder of the running program, without the last '/'; empty when it cannot be found out. */
void bench_program_folder(char *to, size_t size);

#endif
