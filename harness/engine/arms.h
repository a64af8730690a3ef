/* SPDX-License-Identifier: MIT */
/*
 * The one engine that times arms: things that are timed against each other. Those of a set are timed in
 * rounds of one slice each, in an order drawn anew for each round. Rounds fill a block. Sets take turns block
 * by block, so that a slow minute of the machine falls on all of them.
 *
 * Beside each block the core clock is estimated and the thread's events are read, outside of everything that
 * is timed. A block that the clock leaves no reason to believe is measured again.
 */
#pragma once

#include "harness/engine/buffers.h"
#include "harness/engine/schedule.h"
#include "harness/machine/clock.h"
#include "harness/machine/events.h"
#include "harness/machine/job.h"
#include "harness/records/sample_set.h"

/* What a slice took. cpu_ns is NaN where the loop does not read it. */
struct bench_took {
    double ns, cpu_ns;
};
/* Times one slice of so many units, of whatever ctx is. An error ends the measuring. */
typedef int bench_time(void *ctx, uint64_t units, struct bench_took *took, struct qk_error *err);

/* The usual arm: calls of a function on buffers that it shares with others. */
struct bench_call {
    struct bench_buffers *buffers;
    qk_fn *fn;
};
/* `calls` calls of a struct bench_call in a row and nothing else. */
void bench_call(void *call, uint64_t calls);
/*
 * The two loops around them: google-benchmark's, and the engine's own, which reads the clock before and
 * after.
 */
bench_time bench_time_gbench, bench_time_own;

struct bench_arm {
    bench_time *time;
    void *ctx;
    uint64_t units;  /* of a slice */
    double slice_ns; /* what they were seen to take */
    struct bench_call call;
};

struct bench_arms {
    char name[BENCH_SHAPE_NAME + 80]; /* what progress and errors call it */
    size_t count;
    struct bench_arm *arm; /* those there is room for; owned */
    double round_ns;       /* one slice of each */
    struct bench_schedule schedule;

    size_t blocks;  /* that were measured and are believed */
    double *ns;     /* [schedule.blocks][count][rounds]: of one unit, to the digits that files keep; owned */
    double *cpu_ns; /* [schedule.blocks][count]: median of one unit; lies behind ns */
    double ghz[BENCH_BLOCKS_MAX];
    struct bench_events events[BENCH_BLOCKS_MAX];
    size_t dropped;  /* blocks that were not believed */
    const char *odd; /* why there are no more, when it lost as many as it was to have; else NULL */
    size_t *order;
    double *scratch;
    /*
     * For a set that is timed block by block by its owner: called before each round with ctx. It writes the
     * order of the arms, and may time slices that do not count. How long a slice takes is then no reason not
     * to believe it, or an arm could have a block taken again. NULL: the order is drawn, and each arm is
     * called before the block.
     */
    int (*begin)(void *ctx, size_t round, size_t *order, struct qk_error *err);
    void *ctx;
};

/* An empty set with room for so many arms. QK_ERR_MEMORY. Free with bench_arms_free in any case. */
int bench_arms_make(struct bench_arms *set, const char *name, size_t room, struct qk_error *err);
void bench_arms_free(struct bench_arms *set);
/*
 * Adds the usual arm, `time` being one of the two loops; finds how many calls a slice has. NULL, or why it
 * cannot be timed.
 */
const char *bench_arms_add(struct bench_arms *set, bench_time *time, struct bench_buffers *buffers,
                           qk_fn *fn);
/*
 * Why the slices of one arm in one block, ns[n] in any order, are not to be believed; NULL when they are. A
 * slice takes some time, at least a hundredth of the middle of them, and not more than ten times as long
 * where that is a quarter of a second. `expected` is what a slice takes, and stands for the middle where n is
 * below 3. scratch[n].
 */
const char *bench_slices_odd(const double *ns, size_t n, double expected, double *scratch);

/*
 * What the sets of one measurement share. The caller fills in the first part, and leaves zeros where it says
 * so.
 */
struct bench_rounds {
    const struct bench_job *job;
    size_t sets;   /* that will be timed in all: progress and budget are shared out by them */
    size_t enough; /* blocks that every set gets, however late it is */
    double late;   /* it is late when the budget is spent, or so many times what was planned; 0: never */
    const struct bench_environment
        *patient; /* waits for a core of one's own (core_share.h); NULL: it does not */
    void (*beside)(void *ctx, double ghz); /* told the clock after each block; may be NULL */
    void *ctx;

    size_t done; /* sets */
    double end_ns;
    struct qk_rng rng;
    struct bench_sw sw;
    double waited_ns;
    size_t repeated; /* blocks, for a core of one's own */
    struct bench_dropped dropped;
    char clock_why[96];
    size_t ghz_count;
    double *ghz; /* [ghz_count]: of all blocks, where known */
};

/* The budget runs from here on. Close in any case. */
void bench_rounds_open(struct bench_rounds *r);
void bench_rounds_close(struct bench_rounds *r);
/* Median of the clocks of all blocks, as files keep it; NaN where none is known. */
double bench_rounds_clock(const struct bench_rounds *r);
/* Median of those of x[n] that are no NaN; NaN without any. scratch: [2 * n]. */
double bench_known_median(const double *x, size_t n, double *scratch);

/*
 * Times sets[count] by their schedules, which it shortens where the budget is short of them. Sets without
 * arms are passed over. A set that loses as many blocks as it was to have gets no more. QK_ERR_INTERRUPTED,
 * QK_ERR_MEMORY, QK_ERR_IO (the CPU was taken away), errors of arms.
 */
int bench_arms_time(struct bench_rounds *r, struct bench_arms *sets, size_t count, struct qk_error *err);

/*
 * The two parts of it, for owners that decide themselves what comes after a block. Memory for what schedule
 * says.
 */
int bench_arms_room(struct bench_arms *set, struct qk_error *err);
/* Times block set->blocks, without counting it. *odd: why it is not to be believed; NULL when it is. */
int bench_arms_block(struct bench_rounds *r, struct bench_arms *set, const char **odd, struct qk_error *err);
