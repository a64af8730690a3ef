/* SPDX-License-Identifier: MIT */
/*
 * The kernels as a shared module, libqkernels.so. Its one exported function returns a versioned table of
 * rows. The harness times two builds of it against each other in one process (harness/duet/duet.h). A
 * module's table names ops, levels and kinds by text, so it does not depend on the numbering of the reader's
 * enums.
 */
#pragma once

#include "kernels/form.h"
#include "kernels/kernels.h"

/*
 * When to raise these:
 *
 *    - QK_MODULE_ABI: when one of the structs below changes, or a kernel's signature or contract (who
 *      initialises what, which values are legal).
 *    - QK_KERNELS_ABI: when a contract changes so that earlier figures of an op mean something else. No
 *      stored baseline is then compared.
 *
 * A new op or variant changes neither. table/load.c says which versions it reads. It also lists the ops that
 * a version changed: an older module's rows of these are outdated, and its other rows are read as ever.
 */
enum { QK_MODULE_MAGIC = 0x4d4b5151, QK_MODULE_ABI = 4, QK_KERNELS_ABI = 1 };

/* Bounds of a row, so that a broken table is found before anybody uses it. */
enum { QK_MODULE_ROWS_MAX = 4096, QK_MODULE_WORD = 64, QK_MODULE_FLAGS = 4096 };

struct qk_module_row {
    /*
     * As in variants.def: "AVX2", "p4_permute", "STAGED", "HAND", "ALL". Each is printable ASCII of less than
     * QK_MODULE_WORD bytes. op and name are not empty and hold no blanks or slashes. No two rows share both.
     */
    const char *op, *name, *isa, *phase, *kind, *made, *touches;
    const char *flags; /* compiler flags of its file, less than QK_MODULE_FLAGS bytes */
    qk_fn *fn; /* in the module's own code; NULL when the build has no such row (another architecture) */
    qk_upto_fn *upto;           /* staged rows only */
    const struct qk_form *form; /* since ABI 4: PREPARED rows only; in the module */
};

struct qk_own_op; /* own_op.h */

struct qk_module {
    uint32_t magic, abi; /* first in every version of this struct, so a reader can tell versions apart */
    uint32_t row_bytes;  /* sizeof(struct qk_module_row) of the build */
    uint32_t row_count;  /* 1 to QK_MODULE_ROWS_MAX */
    const struct qk_module_row *rows;
    const char *compiler; /* "gcc 12.2.0" */
    const char *version;  /* of the project */
    const char *name;     /* since ABI 3: what it is called, a word like a row's name; NULL: as its file is */
    const struct qk_own_op *ops; /* since ABI 4: ops of its own, [op_count] */
    uint32_t op_count;
};

/*
 * What a module must export. It never returns NULL. The table is constant and lives as long as the module is
 * loaded.
 */
typedef const struct qk_module *qk_module_fn(void);
#define QK_MODULE_SYMBOL "qk_kernels_module"
__attribute__((visibility("default"))) const struct qk_module *qk_kernels_module(void);
