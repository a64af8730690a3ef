/* SPDX-License-Identifier: MIT */
/* What the files of single-stepping share: parent (step.c), child, decoder, levels and places. */
#pragma once

#include "harness/counters/step.h"

#include <sys/types.h>

/*
 * SITES distinct instructions fill half of their table, so that a search is short. The signal stack holds the
 * handler and a frame with the whole register file (AVX-512: 3 KiB, AMX: 11 KiB).
 */
enum {
    BENCH_STEP_SITE_BITS = 13,
    BENCH_STEP_SITES = 1 << (BENCH_STEP_SITE_BITS - 1),
    BENCH_STEP_STACK = 1 << 17
};

/* One instruction that was stepped through and how often; times 0: a free place. */
struct bench_step_site {
    uintptr_t at;
    uint64_t times;
    /*
     * Of the first time: the number of the instruction in the call, and what was executed before it (0:
     * nothing).
     */
    uint64_t first;
    uintptr_t from;
};

/* How far the child has come. From STEP_STEPPING on the trap flag is set. */
enum bench_step_state {
    STEP_STARTING,
    STEP_REFUSED, /* it may not handle signals */
    STEP_WARMING, /* first call, as it is */
    STEP_STEPPING,
    STEP_INSIDE, /* the kernel */
    STEP_LEFT,
    STEP_RETURNED,
    STEP_FAULTED,
    STEP_LIMITED,
    STEP_SYSTEM_CALL
};

/* Shared by parent and child. Volatile: in the child a handler and the code it interrupts both use it. */
struct bench_step_trace {
    volatile enum bench_step_state state, fault_state; /* fault_state: in which it faulted */
    volatile int signal, error;                        /* of STEP_FAULTED, of STEP_REFUSED */
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
    struct bench_step_trace *trace; /* entry and limit set, the rest zero */
    pid_t parent;
};

/* False where no stepping is written for the architecture. */
bool bench_step_supported(void);
/* What the child does. It ends afterwards, and everything there is to know is then in the trace. */
void bench_step_child(const struct bench_step_job *job);

/*
 * Fills has_kinds, why_no_kinds, kinds, levels and beyond from sites whose code is mapped in this process.
 * They are of one call of the kernel at `entry`.
 */
void bench_steps_classify(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                          struct bench_steps *out);

/*
 * Which features of isa.def an instruction set needs, given libzydis's name of it: blank-separated, empty for
 * what every x86-64 has; NULL when no level brings it.
 */
const char *bench_step_features_of(const char *set);
/* Does the level, with those that it needs, have all of these features? False for NULL. */
bool bench_step_level_has(enum qk_isa level, const char *features);

/* Is it the kernel's own code, or that of another module? */
bool bench_step_own(uintptr_t entry, uintptr_t at);
/* Fills called_count and called. */
void bench_steps_called(const struct bench_step_site *sites, size_t count, uintptr_t entry,
                        struct bench_steps *out);
