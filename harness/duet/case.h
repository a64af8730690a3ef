/* SPDX-License-Identifier: MIT */
/* A case of a duet as the program passes it to its launches, and the blocks that come back. */
#pragma once

#include "harness/machine/environment.h"
#include "harness/machine/events.h"
#include "kernels/cases/case.h"
#include "kernels/table/table.h"

enum { BENCH_DUET_PAIRS_MAX = 64, BENCH_DUET_NAME = 160 };

/* The file that an arm's kernel comes from. The copy is the base's file, loaded a second time. */
enum bench_duet_side { BENCH_SIDE_BASE, BENCH_SIDE_CANDIDATE, BENCH_SIDE_COPY, BENCH_SIDES };

extern const char *const bench_side_names[]; /* "base", "candidate", "copy", NULL */

struct bench_duet_arm {
    enum bench_duet_side side;
    const char *variant; /* borrowed */
};

struct bench_duet_case {
    char name[BENCH_DUET_NAME]; /* in messages and traces: "op/variant/shape", for controls with a suffix */
    enum qk_op op;
    struct qk_shape shape;
    enum qk_memory memory;
    struct bench_duet_arm arm[2]; /* base, candidate */
    /*
     * Extra work of the candidate arm as a share; 0: none. Its slice makes n + ceil(extra * n) calls instead
     * of n, n >= 50. Where a call is longer than a slice, its calls have ceil(extra * n) more rows than n.
     * Each block says what the extra work really was.
     */
    double extra;
    double budget_ns; /* of measuring; once it is spent no further block is taken */
};

/*
 * What a case's blocks hand on to each other about proof slices (desk.h). Each block may run in another
 * process. An output of a whole call is right if it has the same bits as one that was compared with the
 * reference's.
 */
struct bench_duet_proof {
    bool due;             /* the next block has proof slices */
    uint64_t right[2][2]; /* [a][v]: XXH3 of a right output of arm a for value v; 0: none yet */
};

/*
 * One block as it was measured. Times are of a slice, per declared call: extra calls count as time, not as
 * calls.
 *
 * Where a call is longer than a slice, slices walk over its rows. Each slice makes one call on the next part
 * of the rows, and its time is scaled to the whole. So it is as cold as a whole call, but a block has as
 * many pairs as in cache. Blocks of one function against itself over 256 MiB had an sd of 0.9 % on a busy
 * 2-CPU VM. With one pair of whole calls it was 10 %. Both arms then pay alike for what an arm leaves to be
 * written back later. A change in that cost shows only in part.
 */
struct bench_duet_block {
    size_t index;   /* of the case */
    size_t number;  /* of the block within its case: 0, 1, ... */
    size_t launch;  /* 0, 1, ... */
    size_t pairs;   /* at most BENCH_DUET_PAIRS_MAX */
    uint64_t order; /* bit p: pair p ran the candidate first; the low bits of bench_duet_coins */
    double base_ns[BENCH_DUET_PAIRS_MAX], cand_ns[BENCH_DUET_PAIRS_MAX];
    /*
     * The part of that time in which the thread was ready but others ran, as the scheduler reports it. No
     * kernel caused it. It hardly moves the middle of the pairs, but it moves their sums.
     */
    double base_wait_ns[BENCH_DUET_PAIRS_MAX], cand_wait_ns[BENCH_DUET_PAIRS_MAX];
    double log_ratio; /* of ln(cand_ns / base_ns): bench_median in cache, bench_hodges_lehmann from DRAM */
    double extra;     /* share of extra work really done */
    double wall_ns;   /* cost of the block: pairs, discarded pairs, proof slices, the clock's estimate */
    double proof_ns;  /* cost of its proof slices; 0: it had none */
    struct bench_duet_proof proof;
    double core_ghz; /* estimated beside the block; NaN when not known */
    struct bench_events events;
    size_t dropped; /* earlier tries at this block, dropped because of the clock */
};

/*
 * Which arm comes first in the pairs of one block: bit p is pair p's coin. It depends on the arguments
 * alone, so a stored trace can be checked against its seed.
 */
uint64_t bench_duet_coins(uint64_t seed, size_t index, size_t number);

/* What is drawn for the proof slices of one block. It too depends on the arguments alone. */
struct bench_duet_draw {
    size_t pair;   /* the slices come before this pair */
    int first;     /* the arm that is first */
    int value;     /* of the inputs that alternate, at the last call; blocks 2n and 2n + 1 differ in it */
    int poison;    /* which poison the outputs get */
    uint64_t rows; /* where the sample of rows lies */
};
struct bench_duet_draw bench_duet_draw(uint64_t seed, size_t index, size_t number, size_t pairs);
