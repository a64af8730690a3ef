/* SPDX-License-Identifier: MIT */
/*
 * The loops whose speed is a limit of this machine. They are inline assembly, so that they are what they say
 * whatever compiler and flags built them. They need no more flags than the baseline's.
 */
#pragma once

#include "kernels/cpu.h"

enum bench_ceiling_kind {
#define CEILING_KIND(kind, what) BENCH_CEILING_##kind,
#include "harness/ceilings/loops.def"
#undef CEILING_KIND
    BENCH_CEILING_KINDS
};

enum {
    BENCH_LOOP_UNIT = 512,        /* buffers of the bandwidth loops: aligned to 64, a multiple of this long */
    BENCH_LOOP_INSTRUCTIONS = 24, /* of the kind a peak's loop is about, per pass */
};

/*
 * A bandwidth's loop goes `passes` times over to[bytes] and from[bytes], whichever it needs. A copy needs
 * both, which must not overlap. For the others, which need one, the other may be NULL. Writes leave the byte
 * 0xa5 everywhere. bytes and passes are at least 1 unit.
 *
 * A peak's loop runs passes * BENCH_LOOP_INSTRUCTIONS instructions on registers, and ignores to, from and
 * bytes.
 */
typedef void bench_loop_fn(char *to, const char *from, size_t bytes, uint64_t passes);

struct bench_ceiling_loop {
    enum bench_ceiling_kind kind;
    enum qk_isa isa;
    const char *instruction, *registers; /* "vmovaps", "zmm" */
    double ops;                          /* arithmetic operations of one instruction; 0 for bandwidths */
    bench_loop_fn *run;                  /* NULL on an architecture without loops */
};

extern const struct bench_ceiling_loop bench_ceiling_loops[];
extern const size_t bench_ceiling_loop_count;

/* "nt_write", "non-temporal write". The names end with NULL. */
extern const char *const bench_ceiling_kind_names[];
extern const char *const bench_ceiling_kind_words[BENCH_CEILING_KINDS];
static inline bool bench_ceiling_is_bandwidth(enum bench_ceiling_kind kind)
{
    return kind <= BENCH_CEILING_nt_write;
}

/* NULL when the loop can run here, otherwise why not. The text lives as long as *cpu. */
const char *bench_ceiling_loop_missing(const struct bench_ceiling_loop *loop, const struct qk_cpu *cpu);
