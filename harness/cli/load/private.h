/* SPDX-License-Identifier: MIT */
/* Between load.c and launch.c. */
#pragma once

#include "harness/cli/load/load.h"

/* Of a row of the joint table. */
struct cli_load_row {
    struct bench_build *build; /* NULL: built in */
    size_t index;              /* in its own table */
    bool checked;
    char verdict[400]; /* empty, or why it must not be timed */
};

/* Stands for the function of a loaded row in the process that does not have it. */
void cli_load_not_here(void);
