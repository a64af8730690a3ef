/* SPDX-License-Identifier: MIT */
/*
 * The types of what ops.def, isa.def and variants.def declare. A new variant is one file and one row; nothing
 * else needs to know of it. table/table.h has the rows.
 *
 * Kernels are pure: they do no allocation and no I/O, set no errno, and cannot fail. The entry points of
 * library/qkernels.h check what a caller can get wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/row.h"

enum qk_isa {
#define ISA(level, arch, needs, flags, features) QK_ISA_##level,
#include "kernels/isa.def"
#undef ISA
    QK_ISA_COUNT
};

enum qk_op {
#define OP(op, stages, what) QK_OP_##op,
#include "kernels/ops.def"
#undef OP
    QK_OP_COUNT
};

/* Columns of variants.def. */
enum qk_kind { QK_STAGED, QK_PLAIN, QK_CEILING, QK_PREPARED };
enum qk_made { QK_BY_HAND, QK_BY_COMPILER };
enum qk_touches { QK_TOUCHES_ALL, QK_TOUCHES_STORES, QK_TOUCHES_LOADS };

/*
 * A row. In a loaded table, a row may name an op, level or kind that this program does not know. Its enum is
 * then 0, and `unknown` says why.
 */
struct qk_variant {
    enum qk_op op;
    enum qk_isa isa;
    enum qk_kind kind;
    enum qk_made made;
    enum qk_touches touches;
    const char *op_name, *name, *isa_name, *phase, *why;
    const char *flags;   /* compiler flags of its file */
    const char *unknown; /* why this program cannot judge the row; NULL when it can */
    uint32_t outdated;   /* the ABI that gave its op another contract than its module has; 0: none did */
    qk_fn *fn;           /* NULL when the build has no such row */
    qk_upto_fn *upto;    /* staged rows only */
    const struct qk_form *form; /* PREPARED rows only (form.h) */
    uint64_t at; /* fn's address as the module file's symbols give it; 0 in the built-in table */
};

struct qk_case; /* cases/case.h */

struct qk_op_row {
    const char *name, *stages, *what;
    const struct qk_case *on; /* shapes, inputs, comparison and declared work */
};

struct qk_isa_row {
    const char *name, *architecture, *flags, *features;
    enum qk_isa needs;
};

/* How many ops this process knows: built-in ones and, from QK_OP_COUNT on, those of plug-ins (own/ops.h). */
int qk_op_count(void);
/* The op of that name. False: there is none. */
bool qk_op_find(const char *name, enum qk_op *op);
/* op < qk_op_count(), isa < QK_ISA_COUNT. */
const struct qk_op_row *qk_op_row(enum qk_op op);
const struct qk_isa_row *qk_isa_row(enum qk_isa isa);
extern const char *const qk_isa_names[]; /* indexed by enum qk_isa, then NULL */

/* How many stages the op has. 0 when its variants cannot be cut (stages "-"). */
int qk_stage_count(enum qk_op op);
/* Sets *fn to the variant cut after `stage`. False when it is not staged, not built, or has no such stage. */
bool qk_variant_upto(const struct qk_variant *v, int stage, qk_fn **fn);
