/* SPDX-License-Identifier: MIT */
/* What a launch keeps of itself while it loads a module, and what it lets nobody do afterwards. */
#ifndef QKBENCH_HARNESS_DUET_CONTAIN_H
#define QKBENCH_HARNESS_DUET_CONTAIN_H

#include "kernels/check/state.h"
#include "kernels/support.h"

#include <signal.h>

/* Signal dispositions, mask, timers and floating-point state of the process. */
struct bench_kept {
    struct sigaction action[NSIG];
    struct qk_state state;
};

void bench_keep(struct bench_kept *kept);
/* Puts back what was kept: the start of a module has changed it. */
void bench_put_back(const struct bench_kept *kept);

/*
 * From here on the process gets no more threads or children, and moves to no other CPU: whoever asks for one is told
 * that there are none left (seccomp; inherited, for good). So nothing of a module runs while the other arm is timed.
 * QK_ERR_UNAVAILABLE where the system, or this build, cannot do that.
 */
int bench_contain(struct qk_error *err);

#endif
