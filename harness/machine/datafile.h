/* SPDX-License-Identifier: MIT */
/*
 * Finds the data files that come with qkbench. They are in $QK_DATA, else in the installed data folder, else
 * in the source folder.
 */

#include "kernels/support.h"

/*
 * Writes the path of `name` ("reports/claims/roadmap.json") to to[size]. When $QK_DATA is set and not
 * empty, only that folder is searched. QK_ERR_IO names every folder that was tried.
 */
int bench_data_path(const char *name, char *to, size_t size, struct qk_error *err);

/* Folder of the running program, without the last '/'. Empty when the system does not tell it. */
void bench_program_folder(char *to, size_t size);
