/* SPDX-License-Identifier: MIT */
/*
 * A table of kernels. It is the built-in one, made from variants.def, or comes from a shared library
 * (module.h). The rows of an op stand together, worst to best. The first of them is the op's reference.
 */
#pragma once

#include "kernels/cpu.h"
#include "kernels/kernels.h"
#include "kernels/own_op.h"
#include "kernels/support.h"

struct qk_table {
    const struct qk_variant *rows; /* [count], in the order of the list they come from */
    size_t count;
    const char *compiler;       /* "gcc 12.2.0" */
    const char *version;        /* of the project */
    const char *name;           /* what the module calls itself; "": nothing, or the built-in table */
    const char *path;           /* of the library, as the caller gave it; "" for the built-in table */
    void *handle;               /* NULL for the built-in table, and after qk_table_free */
    enum qk_op own[QK_OWN_OPS]; /* [own_count] ops of the module's own, which it uses (own/ops.h) */
    size_t own_count;
};

/* Lives as long as the program. */
const struct qk_table *qk_table_builtin(void);

/*
 * Loads the shared library `path`, runs its constructors, and reads its table. The caller keeps the file
 * unchanged as long as it is loaded. Rows that this program cannot judge are there, with the reason in
 * `unknown`. On failure *t is empty. Call qk_table_free in any case.
 *
 *     QK_ERR_IO       no such file, not a regular file, or the loader refuses it
 *     QK_ERR_INVALID  no kernel module, another ABI, or a table that breaks its own contract
 *     QK_ERR_MEMORY
 */
int qk_table_load(struct qk_table *t, const char *path, struct qk_error *err);
void qk_table_free(struct qk_table *t);

/* The row of that op and name. NULL when there is none. */
const struct qk_variant *qk_table_find(const struct qk_table *t, const char *op, const char *name);
/* The index of a row of this table. */
size_t qk_table_index(const struct qk_table *t, const struct qk_variant *v);
/* The op's first row. NULL when the table has no row of the op. */
const struct qk_variant *qk_table_reference(const struct qk_table *t, enum qk_op op);
/*
 * The reference in the built-in table: it defines the op's results. There is one for every op. That of a
 * plug-in's own op is the first row of the first plug-in that has it. fn is NULL where that is not loaded.
 */
const struct qk_variant *qk_reference(enum qk_op op);
/*
 * The row that a caller should use: the op's last one that can run here and is not a ceiling. NULL when there
 * is none.
 */
const struct qk_variant *qk_table_best(const struct qk_table *t, enum qk_op op, const struct qk_cpu *cpu);

/* Where the data of a call comes from: all of it fits one core's cache, or it does not. */
enum qk_memory { QK_MEMORY_CACHE, QK_MEMORY_DRAM, QK_MEMORIES };
extern const char *const qk_memory_names[]; /* "cache", "dram", NULL */

/* What measuring found faster on this machine than the last rows (harness/tune). */
struct qk_choices {
    size_t cache_bytes;                                    /* a call that touches more reads from DRAM */
    const struct qk_variant *of[QK_OP_COUNT][QK_MEMORIES]; /* of the same table; NULL: no choice */
};
/*
 * The choice for calls that touch so many bytes; what qk_table_best gives where there is none, or none that
 * can run here. choices may be NULL.
 */
const struct qk_variant *qk_table_choice(const struct qk_table *t, const struct qk_choices *choices,
                                         enum qk_op op, size_t bytes, const struct qk_cpu *cpu);
