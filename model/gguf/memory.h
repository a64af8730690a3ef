/* SPDX-License-Identifier: MIT */
/* Lets the program refuse large memory before it is taken. */
#pragma once

#include "kernels/support.h"

/* Returns 0, or QK_ERR_MEMORY when `what` needs more bytes than there are. */
typedef int model_memory_check(size_t bytes, const char *what, struct qk_error *err);

/*
 * From now on `check` is asked before large memory is taken. NULL: nobody is asked. Call it before there are
 * threads.
 */
void model_memory_ask(model_memory_check *check);
/* What the check says about this many bytes. 0 without asking when they are few. */
int model_memory_may(size_t bytes, const char *what, struct qk_error *err);
