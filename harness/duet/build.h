/* SPDX-License-Identifier: MIT */
/*
 * A build of the kernels as the deciding process knows it: the file's bytes, and the table that a check
 * launch read from it. That launch loads the module, checks its rows and steps them. The deciding process
 * never maps it. When a row ends the launch, the row is wrong, and another launch goes on with the rest.
 */
#pragma once

#include "harness/duet/process.h"
#include "kernels/table/table.h"

struct bench_build_row;

struct bench_build {
    struct bench_image image;
    struct qk_table table; /* its rows have neither fn nor upto; its own ops are known here, too */
    struct bench_build_row *rows;
    const struct bench_launcher *launcher; /* borrowed, as is job */
    const struct bench_job *job;
    enum bench_duet_side side;
    const char *called; /* borrowed */
    struct bench_duet_process check;
    bool running;
};

/*
 * Reads the file and its table. Messages call the build `called`, or by its side when that is NULL. Free with
 * bench_build_close in any case.
 *   - QK_ERR_IO, QK_ERR_FORMAT, QK_ERR_MEMORY: as bench_image_read, or the file cannot be loaded as a
 *     module: the loader refuses it, it is no kernel module, or its table breaks the contract (qk_table_load)
 *   - QK_ERR_CHECK: the module cannot be trusted: the launch ended, or did not answer, while it loaded it,
 *     or the answer makes no sense
 *   - QK_ERR_INTERNAL: no launch can be made
 *   - QK_ERR_INTERRUPTED
 */
int bench_build_open(struct bench_build *b, const char *path, enum bench_duet_side side, const char *called,
                     const struct bench_launcher *launcher, const struct bench_job *job,
                     struct qk_error *err);

/*
 * Is that row of b->table right? The first call for a row checks it against the reference and steps it
 * (bench_module_verify). Each new `shape` is called once, with buffers that end at a guard page; NULL is no
 * shape. A repeated question gets the same answer without the work.
 *   QK_ERR_CHECK         with the reason
 *   QK_ERR_UNAVAILABLE   it cannot run here
 *   QK_ERR_MEMORY, QK_ERR_INTERNAL, QK_ERR_INTERRUPTED
 */
int bench_build_check(struct bench_build *b, const struct qk_variant *row, const struct qk_shape *shape,
                      struct qk_error *err);
/* Has the module a function for that row of b->table? */
bool bench_build_has(const struct bench_build *b, const struct qk_variant *row);
/* Instructions that a checked row takes for one call at the op's smallest shape; NaN when not known. */
double bench_build_instructions(const struct bench_build *b, const struct qk_variant *row);
/* The note on a checked row for the reader (bench_module_verify). It lives as long as the build. */
const char *bench_build_note(const struct bench_build *b, const struct qk_variant *row);

/* Says in the environment which library it is, by what it is called. */
void bench_build_describe(const struct bench_build *b, struct bench_environment *env);

/* Ends the check launch. */
void bench_build_rest(struct bench_build *b);
void bench_build_close(struct bench_build *b);
