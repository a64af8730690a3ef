/* SPDX-License-Identifier: MIT */
/*
 * How many instructions one call of a kernel takes, exactly and on any ISA level, without a PMU. A forked
 * child sets the trap flag (EFLAGS.TF), and the CPU raises SIGTRAP after every instruction.
 *
 * Counted is what lies between the kernel's first instruction and its ret, both included, with everything it
 * calls. `callgrind --toggle-collect=KERNEL` counts the same, but for a string instruction with a rep prefix.
 * Here that is one, as a PMU sees it, while callgrind counts its rounds.
 *
 * The child has called the kernel once before, so that lazy binding is done. Nothing of the caller changes:
 * not its buffers (unless shared with children), signal handlers or signal mask. A step costs 10 to 60 us, so
 * count small shapes. It needs no rights, neither ptrace nor perf_event_open. x86-64 only.
 *
 * Source of the method: Intel SDM volume 3, "Single-Step Exception Condition"; AMD APM volume 2, "Single
 * Stepping".
 */
#pragma once

#include "kernels/case.h"

/*
 * The kinds of instructions (step_kinds.def). First come those of which every instruction is exactly one,
 * then traits.
 */
enum bench_step_kind {
#define CLASS(kind, name, rule) BENCH_STEP_##kind,
#define TRAIT(kind, name, rule)
#include "harness/counters/step_kinds.def"
#undef CLASS
#undef TRAIT
    BENCH_STEP_CLASSES,
    BENCH_STEP_LAST_CLASS = BENCH_STEP_CLASSES - 1,
#define CLASS(kind, name, rule)
#define TRAIT(kind, name, rule) BENCH_STEP_##kind,
#include "harness/counters/step_kinds.def"
#undef CLASS
#undef TRAIT
    BENCH_STEP_KINDS
};

enum { BENCH_STEP_CALLED = 8, BENCH_STEP_NAME = 48 };

/*
 * The instructions of a call that a level does not have. All but `times` are of the one that was executed
 * first.
 */
struct bench_step_beyond {
    uint64_t times;
    char name[BENCH_STEP_NAME];    /* "vpaddd"; the bytes of one that libzydis cannot decode */
    char feature[BENCH_STEP_NAME]; /* libzydis's (Intel XED's) name of its instruction set: "AVX2" */
    ptrdiff_t offset;              /* bytes from the kernel's first instruction */
};

/*
 * `instructions` and `kinds` count everything. `levels` and `beyond` count the kernel's own code alone: what
 * lies in the module that holds the kernel, which is the program for a built-in row, and what was generated,
 * which lies in no module. What the kernel calls in other modules, such as libc and libm, is in `called`.
 */
struct bench_steps {
    uint64_t instructions;
    bool whole;             /* the call was stepped to its end; see struct bench_step_limits */
    bool has_kinds;         /* built with libzydis, and every instruction was decoded */
    char why_no_kinds[160]; /* when not; empty otherwise */
    /* Instructions executed of each kind; the classes [0, BENCH_STEP_CLASSES) add up to `instructions`. */
    uint64_t kinds[BENCH_STEP_KINDS];
    /*
     * By the lowest ISA level that has the instruction (step_levels.def). VEX forms of scalar and 128-bit SSE
     * instructions count as BASE, because any code becomes that when built for AVX. What no level has is
     * nowhere. Without has_kinds some may be missing, here and below: all of them when there is no libzydis.
     */
    uint64_t levels[QK_ISA_COUNT];
    /*
     * For each level: what a CPU of just that level, and those that it needs, cannot run. VEX forms are no
     * exception.
     */
    struct bench_step_beyond beyond[QK_ISA_COUNT];
    /*
     * Names of what the kernel called elsewhere, in order, each once: "memcpy", or "libx.so+0x1f0" for want
     * of one.
     */
    int called_count; /* may be above BENCH_STEP_CALLED, whose names are kept */
    char called[BENCH_STEP_CALLED][BENCH_STEP_NAME];
};

/* Bounds of one count, so that it ends whatever the kernel does. NULL and 0 stand for the default. */
struct bench_step_limits {
    uint64_t instructions; /* default 5 million */
    unsigned milliseconds; /* of wall time, default 60000 */
    /*
     * The beginning of a call will do: `instructions` or a system call then ends the count, which is no
     * failure, and `whole` is false.
     */
    bool beginning;
};

/* "v512", "fma", ...; NULL outside [0, BENCH_STEP_KINDS). */
const char *bench_step_kind_name(int kind);

/*
 * Counts one call of fn, a kernel of `op` (a variant's own or a stage prefix), on the caller's buffers as
 * planned. *out is written on success only. It forks: call it outside timed slices.
 *   QK_ERR_UNAVAILABLE  another architecture, no trap arrives (sandbox, emulator), no child could be made, a
 *                       limit was reached, or the kernel made a system call (the trap after one is lost); the
 *                       text says which
 *   QK_ERR_CHECK        the kernel faulted; signal and place are named
 *   QK_ERR_INTERRUPTED  the child died of SIGINT, SIGTERM or SIGHUP
 *   QK_ERR_MEMORY
 */
int bench_steps_fn(enum qk_op op, qk_fn *fn, const struct qk_plan *plan, void *const *buffers,
                   const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err);

/*
 * The smallest shape of an op, by its declared work, of its default set and its touch shape. QK_ERR_ARG when
 * its case is wrong.
 */
int bench_steps_smallest_shape(enum qk_op op, struct qk_shape *shape, struct qk_plan *plan,
                               struct qk_error *err);

/*
 * Counts one call of a variant that can run here on a shape, with ordinary inputs of this seed.
 * QK_ERR_UNAVAILABLE also when it is not in this build.
 */
int bench_steps_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                      const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err);

/* The same on the smallest shape; *shape (may be NULL) says which it was. */
int bench_steps_smallest(const struct qk_variant *v, uint64_t seed, struct qk_shape *shape,
                         struct bench_steps *out, struct qk_error *err);
