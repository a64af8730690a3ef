/* SPDX-License-Identifier: MIT */
/*
 * The few lines of TAP that the tests of kernels/ need. These tests also run where there is no test library.
 */
#pragma once

#include "kernels/support.h"
#include "kernels/tests/parts.h"

#include <stdio.h>

static int tap_count, tap_failed;

/* Reports one test. err may be NULL; its text is shown when the test fails. */
static inline void tap(bool good, const char *name, const struct qk_error *err)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++tap_count, name);
    if (!good && err)
        printf("# %s: %s\n", err->where, err->text);
    tap_failed += !good;
}

/* Reports `count` tests that cannot run here. */
static inline void tap_skip(int count, const char *name, const char *why)
{
    while (count--)
        printf("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
}

/* Prints the plan. Returns what main returns. */
static inline int tap_end(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed || !tap_count;
}

/* A level above BASE of the architecture at hand. */
#if defined __aarch64__
#define SOME_LEVEL "DOTPROD"
#else
#define SOME_LEVEL "AVX2"
#endif
