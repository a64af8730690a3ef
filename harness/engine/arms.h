/* SPDX-License-Identifier: MIT */
/*
 * The one engine that times arms. An arm is one thing that is timed against others. The arms of a set are
 * timed in rounds: a round holds one slice of each, in an order drawn anew. Rounds fill a block. Several sets
 * take turns block by block, so that a slow minute of the machine falls on all of them.
 *
 * Beside each block, the engine estimates the core clock and reads the thread's events, outside of the timed
 * slices. A block whose clock readings cannot be believed is measured again.
 */
#pragma once

#include "harness/engine/buffers.h"
#include "harness/engine/schedule.h"
#include "harness/machine/clock.h"
#include "harness/machine/events.h"
#include "harness/machine/job.h"
#include "harness/records/sample_set.h"

/* What a slice took. cpu_ns is NaN when the loop does not read it. */
struct bench_took {
    double ns, cpu_ns;
};
/* Times one slice of `units` units. ctx decides what a unit is. An error ends the measuring. */
typedef int bench_time(void *ctx, uint64_t units, struct bench_took *took, struct qk_error *err);

/* The usual arm: calls of a function on buffers that it shares with other arms. */
struct bench_call {
    struct bench_buffers *buffers;
    qk_fn *fn;
};
/* Makes `calls` calls of a struct bench_call in a row, and nothing else. */
void bench_call(void *call, uint64_t calls);
/*
 * The two loops around these calls. bench_time_gbench is google-benchmark's. bench_time_own is the engine's
 * own, which reads the clock before and after.
 */
bench_time bench_time_gbench, bench_time_own;

struct bench_arm {
    bench_time *time;
    void *ctx;
    uint64_t units;  /* in one slice */
    double slice_ns; /* what these units were seen to take */
    struct bench_call call;
    size_t row;   /* the owner's: which of its rows this is of */
    bool product; /* the owner's: only a part of that row's calls */
    bool empty;   /* the owner's: calls of an empty function in place of that row's */
};

struct bench_arms {
    char name[BENCH_SHAPE_NAME + 80]; /* name in progress and errors */
    size_t count;
    struct bench_arm *arm; /* owned; it has room for as many as were asked for */
    double round_ns;       /* time of one slice of each arm */
    struct bench_schedule schedule;

    size_t blocks; /* number of blocks that were measured and believed */
    /* [schedule.blocks][count][rounds]: time of one unit, to the digits that files keep; owned. */
    double *ns;
    /* [schedule.blocks][count]: median CPU time of one unit; part of the memory of ns. */
    double *cpu_ns;
    double ghz[BENCH_BLOCKS_MAX];
    struct bench_events events[BENCH_BLOCKS_MAX];
    size_t dropped; /* number of blocks that were not believed */
    /* NULL, or why the set gets no more blocks: it lost as many as it was to have. */
    const char *odd;
    size_t *order;
    double *scratch;
    /*
     * For a set whose owner times it block by block. It is called before each round with ctx. It writes the
     * order of the arms, and may time slices that do not count. The length of a slice is then no reason to
     * drop a block, because an arm could otherwise cause a block to be repeated. NULL: the order is drawn,
     * and each arm is called once before the block.
     */
    int (*begin)(void *ctx, size_t round, size_t *order, struct qk_error *err);
    void *ctx;
};

/* Makes an empty set with room for `room` arms. QK_ERR_MEMORY. Free with bench_arms_free in any case. */
int bench_arms_make(struct bench_arms *set, const char *name, size_t room, struct qk_error *err);
void bench_arms_free(struct bench_arms *set);
/*
 * Adds the usual arm, and finds how many calls fill a slice. `time` is one of the two loops. Returns NULL, or
 * why the arm cannot be timed.
 */
const char *bench_arms_add(struct bench_arms *set, bench_time *time, struct bench_buffers *buffers,
                           qk_fn *fn);
/*
 * Judges the slices of one arm in one block, ns[n] in any order. Returns NULL when they can be believed, else
 * the reason. A slice must take more than 0 and at least a hundredth of the median. It may take more than ten
 * times the median only below a quarter of a second. When n is below 3, `expected`, the usual time of a
 * slice, replaces the median. scratch[n].
 */
const char *bench_slices_odd(const double *ns, size_t n, double expected, double *scratch);

/*
 * What the sets of one measurement share. The caller sets the members up to ctx, and zeroes the
 * rest.
 */
struct bench_rounds {
    const struct bench_job *job;
    size_t sets;   /* number of sets that will be timed in all; progress and budget are divided among them */
    size_t enough; /* number of blocks that every set gets, even when it is late */
    /*
     * It is late when the budget is spent, or when `late` times the planned time has passed. 0: only the
     * budget counts.
     */
    double late;
    /* Wait for a core without a neighbour (core_share.h) on this machine. NULL: do not wait. */
    const struct bench_environment *patient;
    void (*beside)(void *ctx, double ghz); /* receives the clock after each block; may be NULL */
    void *ctx;

    size_t done; /* sets that were timed */
    double end_ns;
    struct qk_rng rng;
    struct bench_sw sw;
    double waited_ns;
    size_t repeated; /* blocks that were repeated for a core without a neighbour */
    struct bench_dropped dropped;
    char clock_why[96];
    size_t ghz_count;
    double *ghz; /* [ghz_count]: clocks of all blocks, where known */
};

/* bench_rounds_open starts the budget. Call bench_rounds_close in any case. */
void bench_rounds_open(struct bench_rounds *r);
void bench_rounds_close(struct bench_rounds *r);
/* Median of the clocks of all blocks, rounded as files keep it. NaN when none is known. */
double bench_rounds_clock(const struct bench_rounds *r);
/* Median of the values of x[n] that are not NaN. NaN when there are none. scratch: [2 * n]. */
double bench_known_median(const double *x, size_t n, double *scratch);

/*
 * Times sets[count] by their schedules. It shortens the schedules when the budget is too small for them. Sets
 * without arms are skipped. A set that loses as many blocks as it was to have gets no more. Errors:
 * QK_ERR_INTERRUPTED, QK_ERR_MEMORY, QK_ERR_IO (the CPU was taken away), and errors of arms.
 */
int bench_arms_time(struct bench_rounds *r, struct bench_arms *sets, size_t count, struct qk_error *err);

/*
 * bench_arms_time has two parts. They are for owners that decide after each block what comes next.
 * bench_arms_room takes the memory that the schedule needs.
 */
int bench_arms_room(struct bench_arms *set, struct qk_error *err);
/* Times block set->blocks, but does not count it. *odd is NULL, or why the block cannot be believed. */
int bench_arms_block(struct bench_rounds *r, struct bench_arms *set, const char **odd, struct qk_error *err);
