/* SPDX-License-Identifier: MIT */
/* What tests of single-stepping share: cmocka's includes, and whether single-stepping works here. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/counters/step.h"
#include "kernels/table/table.h"

#include "kernels/tests/cmocka_parts.h"

#include <signal.h>

enum { STEP_TEST_SEED = 11 };

static volatile sig_atomic_t step_test_trapped;
static inline void step_test_on_trap(int signal)
{
    (void)signal;
    step_test_trapped = 1;
}

/* Does the trap flag do anything here? Found out without the code under test. */
static inline bool step_test_traps(void)
{
#if defined __x86_64__
    const struct sigaction action = {.sa_handler = step_test_on_trap};
    struct sigaction before;
    sigaction(SIGTRAP, &action, &before);
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                     "pushfq\n\t"
                     "orq $0x100, (%%rsp)\n\t"
                     "popfq\n\t"
                     "pushfq\n\t"
                     "andq $~0x100, (%%rsp)\n\t"
                     "popfq\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
    sigaction(SIGTRAP, &before, NULL);
#endif
    return step_test_trapped;
}

/*
 * Counts the reference once. False when it cannot be stepped here; then it has printed a skip of the whole
 * test program. It believes that only where the trap flag does nothing. Any other error is left to the tests.
 * (cmocka's own skip() prints `not ok`, which is a failure.)
 */
static inline bool step_test_can(void)
{
    const bool traps = step_test_traps();
    struct bench_steps steps;
    struct qk_error err;
    const int code =
        bench_steps_smallest(qk_reference(QK_OP_qk256_dequant), STEP_TEST_SEED, NULL, &steps, &err);
    if (code == QK_ERR_UNAVAILABLE && traps) {
        printf("Bail out! the trap flag works here, but: %s\n", err.text);
        exit(1);
    }
    if (code == QK_ERR_UNAVAILABLE)
        printf("1..0 # SKIP %s\n", err.text);
    return code != QK_ERR_UNAVAILABLE;
}
