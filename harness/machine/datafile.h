/* SPDX-License-Identifier: MIT */
/*
 * Where the data files that come with qkbench are: in $QK_DATA, else the installed data folder, else the
 * source folder.
 */
#pragma once

#include "kernels/support.h"

/*
 * Path of `name` ("reports/roadmap.json") into to[size]. When $QK_DATA is set and not empty, it is the only
 * place looked in. QK_ERR_IO names every folder that was tried.
 */
int bench_data_path(const char *name, char *to, size_t size, struct qk_error *err);

/* Folder of the running program, without the last '/'. Empty when it cannot be found out. */
void bench_program_folder(char *to, size_t size);
