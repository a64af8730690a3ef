/* SPDX-License-Identifier: MIT */
/*
 * The kernels as a shared module, libqkernels.so: one exported function returns a versioned table of rows.
 * Two builds of it are timed against each other in one process (harness/duet/duet.h). Nothing in a module's
 * table depends on the numbering of the reader's enums: ops, levels and kinds are named by text.
 */
#pragma once

#include "kernels/kernels.h"

/*
 * Raise QK_MODULE_ABI when one of the structs below or what QK_KERNELS_ABI counts changes. Raise
 * QK_KERNELS_ABI when a kernel's signature or its contract changes (who initialises what, which values are
 * legal): figures of before cannot be compared then. A new op or variant changes neither. table_load.c says
 * which versions it reads.
 */
enum { QK_MODULE_MAGIC = 0x4d4b5151, QK_MODULE_ABI = 2, QK_KERNELS_ABI = 1 };

/* A row's bounds, so that a broken table is found out before anybody uses it. */
enum { QK_MODULE_ROWS_MAX = 4096, QK_MODULE_WORD = 64, QK_MODULE_FLAGS = 4096 };

struct qk_module_row {
    /*
     * As in variants.def: "AVX2", "p4_permute", "STAGED", "HAND", "ALL". Printable ASCII of less than
     * QK_MODULE_WORD bytes. Op and name are not empty, have neither blanks nor slashes, and no two rows share
     * both.
     */
    const char *op, *name, *isa, *phase, *kind, *made, *touches;
    const char *flags; /* compiler flags of its file, less than QK_MODULE_FLAGS bytes */
    qk_fn *fn; /* in the module's own code; NULL when the build has no such row (another architecture) */
    qk_upto_fn *upto; /* staged rows only */
};

struct qk_module {
    uint32_t magic, abi; /* first in every version of this struct, so that a reader can tell */
    uint32_t row_bytes;  /* sizeof(struct qk_module_row) of the build */
    uint32_t row_count;  /* 1 to QK_MODULE_ROWS_MAX */
    const struct qk_module_row *rows;
    const char *compiler; /* "gcc 12.2.0" */
    const char *version;  /* of the project */
};

/* What a module must export. Never NULL; the table is constant and lives as long as the module is loaded. */
typedef const struct qk_module *qk_module_fn(void);
#define QK_MODULE_SYMBOL "qk_kernels_module"
__attribute__((visibility("default"))) const struct qk_module *qk_kernels_module(void);
