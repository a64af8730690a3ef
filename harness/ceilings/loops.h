/* SPDX-License-Identifier: MIT */
/*
 * The loops whose speed is a limit of this machine. They are inline assembly, so no compiler or flag changes
 * what they do. They need no flags beyond those of BASE.
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
    /* Buffers of the bandwidth loops are aligned to 64 bytes, and are a multiple of this long. */
    BENCH_LOOP_UNIT = 512,
    BENCH_LOOP_INSTRUCTIONS = 24, /* measured instructions per pass of a peak's loop */
};

/*
 * A bandwidth loop goes `passes` times over to[bytes] and from[bytes], or the one that it needs. A copy needs
 * both, and they must not overlap. For the other loops, the buffer that they do not need may be NULL. Writes
 * leave the byte 0xa5 everywhere. bytes is at least one unit, and passes at least 1.
 *
 * A peak's loop runs passes * BENCH_LOOP_INSTRUCTIONS instructions on registers. It ignores to, from and
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

/* Names like "nt_write", ended by NULL, and words like "non-temporal write". */
extern const char *const bench_ceiling_kind_names[];
extern const char *const bench_ceiling_kind_words[BENCH_CEILING_KINDS];
static inline bool bench_ceiling_is_bandwidth(enum bench_ceiling_kind kind)
{
    return kind <= BENCH_CEILING_nt_write;
}

/* Does the loop tell how fast memory can be read? Three kinds do. */
static inline bool bench_ceiling_reads(enum bench_ceiling_kind kind)
{
    return kind <= BENCH_CEILING_read_lines;
}

/* Those that ask for what comes next are measured in DRAM alone. */
static inline bool bench_ceiling_asks(enum bench_ceiling_kind kind)
{
    return kind == BENCH_CEILING_read_ahead || kind == BENCH_CEILING_read_lines;
}

/* NULL when the loop can run here, else why not. The text lives as long as *cpu. */
const char *bench_ceiling_loop_missing(const struct bench_ceiling_loop *loop, const struct qk_cpu *cpu);
