/* SPDX-License-Identifier: MIT */
/*
 * --load: rows of other shared libraries beside the built-in ones, called op/NAME:variant. This process maps
 * no such library. A check launch (harness/duet/build.h) reads a library's table and checks its rows. What
 * is measured is measured in one child that holds them all. It is a fork of this process in which the rows
 * get their functions. So it runs the ordinary run or breakdown, and writes the ordinary JSON to memory that
 * both share. This process reads that JSON as it reads any file.
 */
#pragma once

#include "harness/duet/build.h"
#include "harness/engine/run.h"

#include <stdio.h>

enum { CLI_LOADS_MAX = 16, CLI_LOAD_NAME = 33 };

/* What the options said. */
struct cli_load_file {
    char name[CLI_LOAD_NAME]; /* "": not given */
    const char *path, *text;  /* the file, and the option's whole value; borrowed. NULL: there is none */
};
struct cli_load_list {
    size_t count;
    struct cli_load_file file[CLI_LOADS_MAX];
};
bool cli_load_is_name(const char *text);
/* Reads FILE or NAME=FILE. False, with the reason in why[size], when the name is no name. */
bool cli_load_read(struct cli_load_file *file, const char *text, char *why, size_t size);
/* Adds one of these to the list. False, too, when there are too many. */
bool cli_load_add(struct cli_load_list *list, const char *text, char *why, size_t size);

/* The libraries, opened. Not to be moved, because builds point into it. */
struct cli_loads {
    /*
     * Built-in rows and, behind those of each op, the rows loaded. The latter have no functions here, and no
     * phase, because the roadmap is not theirs.
     */
    struct qk_table table;
    struct cli_load_row *row; /* [table.count], in load.c */
    size_t count;
    struct bench_build build[CLI_LOADS_MAX];
    struct cli_load_list list;
    struct bench_launcher launcher;
    struct bench_job job;
};

/*
 * Opens all files of the list. One without a NAME is called what its module calls itself. If that is nothing,
 * it is called what its file is without folder, lib, and .so. Close with cli_loads_close in any case, also
 * when *l is zeroed.
 *   - QK_ERR_ARG: two have the same name, or what a file is called is no name
 *   - QK_ERR_IO, QK_ERR_FORMAT: a file that cannot be loaded as a module, or has a row of an unknown op
 *   - QK_ERR_MEMORY, QK_ERR_INTERNAL, QK_ERR_INTERRUPTED
 */
int cli_loads_open(struct cli_loads *l, const struct cli_load_list *list, const struct bench_job *job,
                   struct qk_error *err);
void cli_loads_close(struct cli_loads *l);

/* QK_ERR_FORMAT when a row of the build is of an op that nobody knows here. It says which ops there are. */
int cli_load_strangers(const struct bench_build *b, struct qk_error *err);

/* The library's build that a row of l->table comes from, and its row there. NULL for a built-in row. */
struct bench_build *cli_loads_build(struct cli_loads *l, const struct qk_variant *v,
                                    const struct qk_variant **row);

/* The code for what is wrong with an answer: it is no bad file of the user's, but nothing to be trusted. */
int cli_load_distrust(int code);

/* What a launch does once all rows have their functions: it measures, and writes JSON. */
typedef int cli_load_inside(void *ctx, const struct bench_run_config *cfg, FILE *to, bool *failed,
                            struct qk_error *err);
/*
 * Checks the loaded rows that the matrix wants. Then it runs `inside` in a launch, with the counters listed.
 * *json is the answer, which the caller releases. When the launch dies, the row that it called last is an
 * error, and one more launch measures the others. Errors of inside and of the counters, and:
 *   QK_ERR_INVALID       that launch died, too, or its answer is no JSON
 *   QK_ERR_UNAVAILABLE   threads and children cannot be kept out (harness/duet/contain.h)
 */
int cli_loads_measure(struct cli_loads *l, const struct bench_matrix *m, const struct bench_run_config *cfg,
                      const char *counters, cli_load_inside *inside, void *ctx, json_t **json, bool *failed,
                      struct qk_error *err);
