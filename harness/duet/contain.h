/* SPDX-License-Identifier: MIT */
/* What a launch keeps of itself while it loads a module, and what it lets nobody do afterwards. */
#pragma once

#include "kernels/check/state.h"
#include "kernels/support.h"

#include <signal.h>
#include <sys/resource.h>

/* Signal dispositions, limits, mask and floating-point state of the process. It has no timers. */
struct bench_kept {
    struct sigaction action[NSIG];
    struct rlimit limit[RLIM_NLIMITS];
    struct qk_state state;
};

void bench_keep(struct bench_kept *kept);
/* Puts back what was kept: the start of a module has changed it. */
void bench_put_back(const struct bench_kept *kept);

/*
 * From here on (seccomp; inherited, for good) the process sends signals to itself and its children alone.
 * Unless `forks`, it gets no more threads or children either, runs no other program, and moves to no other
 * CPU: whoever asks for a thread is told that there are none left. So nothing of a module runs while the
 * other arm is timed. QK_ERR_UNAVAILABLE where the system, or this build, cannot do that.
 */
int bench_contain(bool forks, struct qk_error *err);
