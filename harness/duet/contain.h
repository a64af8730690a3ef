/* SPDX-License-Identifier: MIT */
/* What a launch saves of its state before it loads a module, and what it forbids from then on. */
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
/* Restores what was kept, because the start of a module may have changed it. */
void bench_put_back(const struct bench_kept *kept);

/*
 * From here on the process can send signals only to itself and its children (seccomp; inherited, for good).
 * Unless `forks`, it also gets no more threads or children, runs no other program, and moves to no other
 * CPU. Whoever asks for a thread is told that there are none left. So nothing of a module runs while the
 * other arm is timed. QK_ERR_UNAVAILABLE where the system or this build cannot do that.
 */
int bench_contain(bool forks, struct qk_error *err);
