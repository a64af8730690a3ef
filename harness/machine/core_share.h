/* SPDX-License-Identifier: MIT */
/*
 * Does this thread have its core to itself? Another thread may run on the same physical core, and most
 * virtual machines hide it. It slows a kernel that is bound by its instructions, and spares one that is bound
 * by its stores. On a shared Zen 4 core the speed-up of avx2_best over scalar moved from 8.4x to 10x. A loop
 * of independent additions shows this in 60 us, whatever is being measured.
 */
#pragma once

#include "harness/machine/environment.h"

/* Additions per cycle of that loop, at the clock `ghz`. NaN, with the reason in why[size], when not known. */
double bench_adds_per_cycle(double ghz, char *why, size_t size);
/* Runs `rounds` rounds of 66 instructions and a handful more. False on architectures without this loop. */
bool bench_adds(uint64_t rounds);
/*
 * Does this CPU have the four adders that the loop is made for? Intel since Haswell and AMD's Zen have them.
 * The CPU flag avx2 is taken as the sign.
 */
bool bench_adds_known(const struct bench_environment *env);

/* How long a run may still wait for the core, and how many blocks it may still measure again. */
struct bench_patience {
    bool known; /* false: the core is taken to be free */
    double left_ns, waited_ns;
    size_t left, repeated;
};

/* A full run gets 30 s and as many repeats as it has blocks. A quick run gets none. */
struct bench_patience bench_patience_make(const struct bench_environment *env, bool quick, size_t blocks);
/* Sleeps until the core is free, the patience ends, or `stop` (may be NULL) returns true. */
void bench_patience_wait(struct bench_patience *p, bool (*stop)(void));
/*
 * Call it after a block. True, and one repeat fewer, when the core is shared now and the block must be
 * repeated.
 */
bool bench_patience_again(struct bench_patience *p);
