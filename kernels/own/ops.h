/* SPDX-License-Identifier: MIT */
/*
 * The ops of plug-ins that this process knows (own_op.h), beside the built-in ones. Each has a number from
 * QK_OP_COUNT on. qk_op_row and qk_reference take it. In a process that maps no plug-in, an op has a
 * description, and neither reference nor fill. Not for several threads.
 */
#pragma once

#include "kernels/own/spec.h"
#include "kernels/table/table.h"

/*
 * Adds an op that is sound, or one user more to the same op. *op is its number.
 *   QK_ERR_FORMAT  an op of that name is there, and another part of the description is not the same
 *   QK_ERR_MEMORY  too many ops
 */
int qk_own_add(const struct qk_own_spec *spec, enum qk_op *op, struct qk_error *err);
/* One user less. With its last user an op goes. */
void qk_own_drop(enum qk_op op);

/*
 * Gives it the function of its first row and its fill, which may be NULL. The first module that does so
 * decides. When that is unloaded, call qk_own_take.
 */
void qk_own_give(enum qk_op op, qk_fn *reference, qk_own_fill_fn *fill);
void qk_own_take(enum qk_op op, qk_fn *reference);

/* NULL: it is a built-in op, or nobody uses it. */
const struct qk_own_spec *qk_own_spec_of(enum qk_op op);

/* For table/table.c. An op that nobody uses any more is called "-" and has no shapes. */
int qk_own_count(void);
const struct qk_op_row *qk_own_row(enum qk_op op);
const struct qk_variant *qk_own_reference(enum qk_op op);
