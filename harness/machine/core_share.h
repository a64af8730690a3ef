/* SPDX-License-Identifier: MIT */
/*
 * Is the core ours? Another thread may run on the same physical core, and in most virtual machines nobody
 * sees it. It slows a kernel that is bound by its instructions and spares one that is bound by its stores. On
 * a shared Zen 4 core the speed-up of avx2_best over scalar moved from 8.4x to 10x. A loop of independent
 * additions shows it in 60 us, whatever the arms are.
 */
#pragma once

#include "harness/machine/environment.h"

/* Additions per cycle of that loop, at the clock just estimated. NaN with why[size] when not known. */
double bench_adds_per_cycle(double ghz, char *why, size_t size);
/* Runs a loop of `rounds` * 66 instructions, more by a handful. False where there is no such loop. */
bool bench_adds(uint64_t rounds);
/*
 * Has this CPU the four adders that the loop is made for? Intel since Haswell and AMD's Zen have them. AVX2
 * tells them.
 */
bool bench_adds_known(const struct bench_environment *env);

/* How long a run may still wait for the core, and how many blocks it may still measure again. */
struct bench_patience {
    bool known; /* where it is not, the core counts as ours */
    double left_ns, waited_ns;
    size_t left, repeated;
};

/* 30 s and as many repeats as blocks for a full run, none for a quick one. */
struct bench_patience bench_patience_make(const struct bench_environment *env, bool quick, size_t blocks);
/* Sleeps until the core is ours, patience ends or stop (may be NULL) says so. */
void bench_patience_wait(struct bench_patience *p, bool (*stop)(void));
/* After a block: true, and one repeat fewer, when it ended on a shared core and is to be measured again. */
bool bench_patience_again(struct bench_patience *p);
