/* SPDX-License-Identifier: MIT */
/* Who may say that there is not enough memory before it is taken. */
#pragma once

#include "kernels/support.h"

/* 0, or QK_ERR_MEMORY: `what` would need more bytes than there are. */
typedef int model_memory_check(size_t bytes, const char *what, struct qk_error *err);

/*
 * Asks `check` from now on, before large memory is taken. NULL: nobody. To be set before threads are there.
 */
void model_memory_ask(model_memory_check *check);
/* What it says of so many bytes; 0 for few. */
int model_memory_may(size_t bytes, const char *what, struct qk_error *err);
