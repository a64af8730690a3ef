/* SPDX-License-Identifier: MIT */
/* Refusals of checked entry points. The test defines `bool untouched(void)`: are the outputs as they were? */
#pragma once

#include "kernels/tests/tap.h"

#include <string.h>

static struct qk_error err; /* of the last call */

static inline void refused_as(int expected, const char *name, int code, const char *found, const char *wanted,
                              bool (*whole)(void))
{
    tap(code == expected && strstr(err.text, found) && strstr(err.text, wanted) && whole(), name, &err);
    memset(&err, 0, sizeof err);
}

/* The call must refuse, leave the outputs untouched, and say in its text what it found and what it wanted. */
#define refused(name, call, found, wanted) refused_as(QK_ERR_ARG, name, call, found, wanted, untouched)
#define too_large(name, call, want)        refused_as(QK_ERR_MEMORY, name, call, "overflow", want, untouched)
