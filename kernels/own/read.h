/* SPDX-License-Identifier: MIT */
/* A module's own ops, read from the module. For table/load.c. */
#pragma once

#include "kernels/module.h"
#include "kernels/own/ops.h"
#include "kernels/table/image.h"

struct qk_own {
    struct qk_own_spec spec;
    enum qk_op op; /* 0, where it is not known here */
    char why[96];  /* why not: another module has brought another op of that name; empty: it is known */
};
struct qk_owns {
    struct qk_own own[QK_OWN_OPS];
    size_t count;
};

/*
 * Reads the ops, and adds them to those of the process. QK_ERR_INVALID: one breaks its contract. Then none is
 * added.
 */
int qk_owns_read(struct qk_owns *to, const struct qk_module *module, const struct qk_image *in,
                 const char *path, struct qk_error *err);
/* The op of that name, or NULL. */
const struct qk_own *qk_owns_find(const struct qk_owns *owns, const char *name);
/*
 * With the table's rows read: gives the ops their functions, and notes in the table which ops it uses.
 * QK_ERR_INVALID: an op has not the rows that it needs.
 */
int qk_owns_give(const struct qk_owns *owns, struct qk_table *t, const struct qk_module *module,
                 const char *path, struct qk_error *err);
/* Before a table is freed. */
void qk_own_release(struct qk_table *t);
