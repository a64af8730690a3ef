/* SPDX-License-Identifier: MIT */
/*
 * Counts the instructions of one call of a kernel, exactly, on any ISA level, and without a PMU. A forked
 * child sets the trap flag (EFLAGS.TF). The CPU then raises SIGTRAP after every instruction.
 *
 * The count starts with the kernel's first instruction and ends with its ret. It includes both, and
 * everything the kernel calls. `callgrind --toggle-collect=KERNEL` counts the same, except for string
 * instructions with a rep prefix. We count such an instruction once, as a PMU does. callgrind counts its
 * rounds.
 *
 * The child first calls the kernel once, so that lazy binding is done. Nothing of the caller changes: not its
 * buffers (unless shared with children), signal handlers or signal mask. A step costs 10 to 60 us, so count
 * small shapes. It needs no rights, neither for ptrace nor for perf_event_open. x86-64 only.
 *
 * Source of the method: Intel SDM volume 3, "Single-Step Exception Condition"; AMD APM volume 2, "Single
 * Stepping".
 */
#pragma once

#include "kernels/cases/case.h"

/*
 * The kinds of instructions (step_kinds.def). Classes come first: every instruction is in exactly one. Traits
 * follow.
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
 * The instructions of a call that a level does not have. `times` counts them all. The other members describe
 * the one that was executed first.
 */
struct bench_step_beyond {
    uint64_t times;
    char name[BENCH_STEP_NAME];    /* "vpaddd"; for one that libzydis cannot decode, its bytes */
    char feature[BENCH_STEP_NAME]; /* libzydis's (Intel XED's) name of its instruction set: "AVX2" */
    ptrdiff_t offset;              /* bytes from the kernel's first instruction */
};

/*
 * `instructions` and `kinds` count everything. `levels` and `beyond` count only the kernel's own code. That
 * is the code in the module that holds the kernel (the program, for a built-in row), and generated code,
 * which is in no module. A library that was handed to a launch counts as well. `called` names what the kernel
 * calls in other modules, such as libc and libm.
 */
struct bench_steps {
    uint64_t instructions;
    bool whole;             /* the call was stepped to its end; see struct bench_step_limits */
    bool has_kinds;         /* the build has libzydis, and every instruction was decoded */
    char why_no_kinds[160]; /* reason when has_kinds is false; empty otherwise */
    /* Executed instructions by kind. The classes [0, BENCH_STEP_CLASSES) add up to `instructions`. */
    uint64_t kinds[BENCH_STEP_KINDS];
    /*
     * By the lowest ISA level that has the instruction (step_levels.def). VEX forms of scalar and 128-bit SSE
     * instructions count as BASE, because any code becomes that when built for AVX. An instruction that no
     * level has is not counted. Without has_kinds, `levels` and `beyond` may miss some instructions; without
     * libzydis, they miss all.
     */
    uint64_t levels[QK_ISA_COUNT];
    /*
     * For each level: what a CPU with just that level, and the levels it needs, cannot run. This includes VEX
     * forms.
     */
    struct bench_step_beyond beyond[QK_ISA_COUNT];
    /*
     * Names of what the kernel called in other modules, in order, each once: "memcpy", or "libx.so+0x1f0"
     * when it has no name.
     */
    int called_count; /* may be above BENCH_STEP_CALLED; only so many names are kept */
    char called[BENCH_STEP_CALLED][BENCH_STEP_NAME];
};

/* Bounds of one count, so that it ends whatever the kernel does. NULL and 0 mean the default. */
struct bench_step_limits {
    uint64_t instructions; /* default 5 million */
    unsigned milliseconds; /* wall time, default 60000 */
    /*
     * The beginning of a call is enough. When `instructions` or a system call ends the count, that is then no
     * failure, and `whole` is false.
     */
    bool beginning;
};

/* "v512", "fma", ...; NULL outside [0, BENCH_STEP_KINDS). */
const char *bench_step_kind_name(int kind);

/*
 * Counts one call of fn, on the caller's buffers as planned. fn is a kernel of `op`: a variant's own or a
 * stage prefix. *out is written on success only. The call forks, so keep it outside timed slices.
 *
 * QK_ERR_UNAVAILABLE when it cannot count; the text says why:
 * - The architecture is another one.
 * - No trap arrives (sandbox, emulator), or no child could be made.
 * - A limit was reached.
 * - The kernel made a system call, after which a trap is lost.
 * QK_ERR_CHECK when the kernel faulted; the text has signal and place. QK_ERR_INTERRUPTED when the child died
 * of SIGINT, SIGTERM or SIGHUP. QK_ERR_MEMORY.
 */
int bench_steps_fn(enum qk_op op, qk_fn *fn, const struct qk_plan *plan, void *const *buffers,
                   const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err);

/*
 * The smallest shape of an op, by its declared work. It is taken from the op's default set and its touch
 * shape. QK_ERR_ARG when the op's case is wrong.
 */
int bench_steps_smallest_shape(enum qk_op op, struct qk_shape *shape, struct qk_plan *plan,
                               struct qk_error *err);

/*
 * Counts one call of a variant that can run here, on a shape, with ordinary inputs drawn from the seed.
 * QK_ERR_UNAVAILABLE also when the variant is not in this build.
 */
int bench_steps_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                      const struct bench_step_limits *limits, struct bench_steps *out, struct qk_error *err);

/* Like bench_steps_shape, for what a PREPARED row does with the activations before its kernel. */
int bench_steps_prepare(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                        const struct bench_step_limits *limits, struct bench_steps *out,
                        struct qk_error *err);

/* The same on the smallest shape. *shape (may be NULL) receives that shape. */
int bench_steps_smallest(const struct qk_variant *v, uint64_t seed, struct qk_shape *shape,
                         struct bench_steps *out, struct qk_error *err);
