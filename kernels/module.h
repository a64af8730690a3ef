/* SPDX-License-Identifier: MIT */
/*
 * The kernels as a shared module, libqkernels.so: one exported function returns a versioned table of rows. Two builds
 * of it are timed against each other in one process (harness/duet/duet.h). Nothing in a module's table depends on the
 * numbering of the reader's enums: ops, levels and kinds are named by text.
 */
#ifndef QKBENCH_KERNELS_MODULE_H
#define QKBENCH_KERNELS_MODULE_H

#include "kernels/kernels.h"

/*
 * Raise QK_MODULE_ABI when a kernel's signature, its contract (who initialises what, which values are legal), or one of
 * the structs below changes; a new op or variant does not change it. Builds of different ABI cannot be compared.
 */
enum { QK_MODULE_MAGIC = 0x4d4b5151, QK_MODULE_ABI = 1, QK_MODULE_HASH = 17 };

struct qk_module_row {
    const char *op, *name, *isa, *phase, *kind; /* as in variants.def: "AVX2", "p4_permute", "STAGED" */
    const char *flags;                          /* compiler flags of its file */
    /* Of the object file's code, read-only data and relocations, 16 hex digits: equal means the same kernel. */
    char hash[QK_MODULE_HASH];
    qk_fn *fn;        /* empty when the build has no such row (another architecture) */
    qk_upto_fn *upto; /* staged rows only */
};

struct qk_module {
    uint32_t magic, abi; /* first in every version of this struct, so that a reader can tell */
    uint32_t row_bytes;  /* sizeof(struct qk_module_row) of the build */
    uint32_t row_count;
    const struct qk_module_row *rows;
    const char *compiler; /* "gcc 12.2.0" */
    const char *version;  /* of the project */
};

/* What a module must export. Never NULL; the table is constant and lives as long as the module is loaded. */
typedef const struct qk_module *qk_module_fn(void);
#define QK_MODULE_SYMBOL "qk_kernels_module"
__attribute__((visibility("default"))) const struct qk_module *qk_kernels_module(void);

/*
 * Columns of variants.def that the struct above has not, row by row. They are found by a symbol of their own, so that
 * builds without it stay readable: a reader takes such a row's columns from its own row of that name.
 */
struct qk_module_trait {
    const char *made, *touches; /* "HAND", "ALL" */
};
struct qk_module_traits {
    uint32_t magic, row_bytes,
        row_count; /* row_bytes: sizeof(struct qk_module_trait); as many rows as the module */
    const struct qk_module_trait *rows;
};
typedef const struct qk_module_traits *qk_module_traits_fn(void);
#define QK_MODULE_TRAITS_SYMBOL "qk_kernels_traits"
__attribute__((visibility("default"))) const struct qk_module_traits *qk_kernels_traits(void);

#endif
