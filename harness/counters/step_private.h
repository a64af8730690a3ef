/* SPDX-License-Identifier: MIT */
/* What the files of single-stepping share: parent (step.c), child, decoder, levels and places. */
#pragma once

#include "harness/counters/step.h"

#include <sys/types.h>

/*
 * Distinct instructions are kept in a hash table. BENCH_STEP_SITES of them fill half of it, so that a search
 * is short. The signal stack holds the handler and a frame with the whole register file (AVX-512: 3 KiB, AMX:
 * 11 KiB).
 */
enum {
    BENCH_STEP_SITE_BITS = 13,
    BENCH_STEP_SITES = 1 << (BENCH_STEP_SITE_BITS - 1),
    BENCH_STEP_STACK = 1 << 17
};

/* An instruction that was stepped through, and how often. A place with `times` 0 is free. */
struct bench_step_site {
    uintptr_t at;
    uint64_t times;
    /*
     * About the first time: the instruction's number within the call, and the instruction before it (0:
     * none).
     */
    uint64_t first;
    uintptr_t from;
};

/* How far the child has come. From STEP_STEPPING on, the trap flag is set. */
enum bench_step_state {
    STEP_STARTING,
    STEP_REFUSED, /* the child may not handle signals */
    STEP_WARMING, /* first call, without stepping */
    STEP_STEPPING,
    STEP_INSIDE, /* in the kernel */
    STEP_LEFT,
    STEP_RETURNED,
    STEP_FAULTED,
    STEP_LIMITED,
    STEP_SYSTEM_CALL
};

/*
 * Shared by parent and child. Members are volatile: in the child, a handler and the code it interrupts use
 * them.
 */
struct bench_step_trace {
    volatile enum bench_step_state state, fault_state; /* fault_state: the state in which it faulted */
    volatile int signal, error;                        /* signal of STEP_FAULTED, error of STEP_REFUSED */
    volatile uintptr_t entry, last, return_to, fault_at;
    volatile uint64_t traps, instructions, limit;
    volatile size_t site_count;
    volatile bool too_many_sites;
    struct bench_step_site sites[1 << BENCH_STEP_SITE_BITS];
    unsigned char stack[BENCH_STEP_STACK];
};

struct bench_step_job {
    const struct qk_case *on;
    qk_fn *fn;
    const struct qk_plan *plan;
    void *const *buffers;
    struct bench_step_trace *trace; /* entry and limit are set, the rest is zero */
    pid_t parent;
};

/* False where stepping is not written for the architecture. */
bool bench_step_supported(void);
/* The child's work. The child ends afterwards. All results are then in the trace. */
void bench_step_child(const struct bench_step_job *job);

/*
 * Fills has_kinds, why_no_kinds, kinds, levels and beyond. The sites are from one call of the kernel at
 * `entry`, and their code is mapped in this process.
 */
void bench_steps_classify(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                          struct bench_steps *out);

/*
 * Features of isa.def that an instruction set needs, blank-separated. `set` is libzydis's name. The result is
 * empty for what every x86-64 has, and NULL when no level has the set.
 */
const char *bench_step_features_of(const char *set);
/* Does the level, with the levels it needs, have all of these features? False for NULL. */
bool bench_step_level_has(enum qk_isa level, const char *features);

/*
 * Is the code at `at` the kernel's own? False when it is in another module that was not handed to a launch.
 */
bool bench_step_own(uintptr_t entry, uintptr_t at);
/* Fills called_count and called. */
void bench_steps_called(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                        struct bench_steps *out);
