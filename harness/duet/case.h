/* SPDX-License-Identifier: MIT */
/* A case of a duet, as the program gives it to its launches, and the blocks that come back. */
#pragma once

#include "harness/machine/environment.h"
#include "harness/machine/events.h"
#include "kernels/case.h"
#include "kernels/table.h"

enum { BENCH_DUET_PAIRS_MAX = 64, BENCH_DUET_NAME = 160 };

/* Which file an arm's kernel comes from. The copy is the base's file once more, loaded on its own. */
enum bench_duet_side { BENCH_SIDE_BASE, BENCH_SIDE_CANDIDATE, BENCH_SIDE_COPY, BENCH_SIDES };

extern const char *const bench_side_names[]; /* "base", "candidate", "copy", NULL */

struct bench_duet_arm {
    enum bench_duet_side side;
    const char *variant; /* borrowed */
};

struct bench_duet_case {
    char name
        [BENCH_DUET_NAME]; /* what messages and traces call it: "op/variant/shape", controls with a suffix */
    enum qk_op op;
    struct qk_shape shape;
    enum qk_memory memory;
    struct bench_duet_arm arm[2]; /* base, candidate */
    /*
     * Extra work of the candidate arm as a share; 0: none. Its slice makes n + ceil(extra * n) calls instead
     * of n, n >=
     * 50. Where a call is longer than a slice, its calls have ceil(extra * n) more rows than n. What the
     * extra work
     * really is comes back with each block.
     */
    double extra;
    double budget_ns; /* of measuring; then no further block is taken */
};

/*
 * What a case's blocks hand on to each other about proof slices (desk.h), each of which may be in another
 * process. An output of a whole call with the bits of one that was compared with the reference's is right as
 * well.
 */
struct bench_duet_proof {
    bool due;             /* the next block has them */
    uint64_t right[2][2]; /* XXH3 of arm a's output for value v that was found right; 0: none was yet */
};

/*
 * One block as it was measured. Times are of a slice, per declared call: the extra calls count as time, not
 * as calls.
 *
 * Where a call is longer than a slice, slices walk over its rows. Each makes one call on the next part of
 * them, and its time is scaled to the whole. So it is as cold as a whole call, but with as many pairs as in
 * cache. (Blocks of one function against itself over 256 MiB, busy 2-CPU VM: sd 0.9 %, with one pair of whole
 * calls 10 %.) What an arm leaves to be written back later is then paid by both arms alike. The price of a
 * change in that is seen in part only.
 */
struct bench_duet_block {
    size_t index;   /* of the case */
    size_t number;  /* of the block within its case: 0, 1, ... */
    size_t launch;  /* 0, 1, ... */
    size_t pairs;   /* at most BENCH_DUET_PAIRS_MAX */
    uint64_t order; /* bit p: pair p ran the candidate first; the low bits of bench_duet_coins */
    double base_ns[BENCH_DUET_PAIRS_MAX], cand_ns[BENCH_DUET_PAIRS_MAX];
    /*
     * How much of that the thread was ready to run and others did, as the scheduler has it: no kernel's time.
     * The middle of the pairs is deaf to it, their sums are not.
     */
    double base_wait_ns[BENCH_DUET_PAIRS_MAX], cand_wait_ns[BENCH_DUET_PAIRS_MAX];
    double log_ratio; /* of ln(cand_ns / base_ns): bench_median in cache, bench_hodges_lehmann from DRAM */
    double extra;     /* share of extra work really done */
    double wall_ns;  /* what the block cost: its pairs, pairs discarded, proof slices, the clock's estimate */
    double proof_ns; /* what its proof slices cost; 0: it had none */
    struct bench_duet_proof proof;
    double core_ghz; /* estimated beside it; NaN when not known */
    struct bench_events events;
    size_t dropped; /* times it was measured before, and not believed because of the clock */
};

/*
 * Which arm comes first in the pairs of one block: bit p is pair p's coin. It is a function of its arguments
 * alone, so that a stored trace can be held against its seed.
 */
uint64_t bench_duet_coins(uint64_t seed, size_t index, size_t number);

/* What is drawn for the proof slices of one block, a function of the arguments alone as well. */
struct bench_duet_draw {
    size_t pair;   /* before which they are made */
    int first;     /* arm */
    int value;     /* of the inputs that alternate, with the last call; blocks 2n and 2n + 1 differ in it */
    int poison;    /* of the outputs */
    uint64_t rows; /* where the sample of rows lies */
};
struct bench_duet_draw bench_duet_draw(uint64_t seed, size_t index, size_t number, size_t pairs);
