/* SPDX-License-Identifier: MIT */
/*
 * What the system knows of the calling thread: page faults, context switches, migrations and CPU time, and
 * the time the hypervisor took from the CPU. The caller reads it before and after a block, outside the timed
 * slices. All arms of a group share the block, so no event can be ascribed to one arm.
 */
#pragma once

#include <stdbool.h>

/* What happened to the measuring thread during a block. */
enum bench_event {
    BENCH_EVENT_WALL, /* ns from the first slice to the last */
    BENCH_EVENT_TASK, /* ns of these in which the thread ran */
    BENCH_EVENT_MINOR_FAULTS,
    BENCH_EVENT_MAJOR_FAULTS,
    BENCH_EVENT_VOLUNTARY,   /* context switches because it waited */
    BENCH_EVENT_INVOLUNTARY, /* context switches because it was interrupted */
    BENCH_EVENT_MIGRATIONS,
    BENCH_EVENT_STEAL, /* ns the hypervisor gave the CPU to others, in clock ticks (10 ms) */
    BENCH_EVENT_COUNT
};

struct bench_events {
    bool recorded;  /* false: nothing below means anything */
    bool disturbed; /* by the rule of bench_sw_disturbed */
    /* NaN (null in JSON): not available here; the set's events_why says why. */
    double value[BENCH_EVENT_COUNT];
};

/* Files kept open, so that a reading costs only system calls: about 15 us on a machine with 2 CPUs. */
struct bench_sw {
    int cpu;
    int stat;       /* /proc/stat; -1: steal is NaN */
    int migrations; /* a perf event or /proc/thread-self/sched; -1: neither can be read */
    int waits;      /* /proc/thread-self/schedstat; -1: it cannot be read */
    bool perf;      /* `migrations` is a perf event */
    char why[200];  /* which values are NaN and why, and how migrations are counted; may be empty */
};

struct bench_sw_reading {
    double value[BENCH_EVENT_COUNT]; /* since some start */
    int cpu;                         /* CPU the thread was on; -1 unknown */
};

/*
 * For the calling thread on `cpu`. /proc is looked up below `root`, which is "" or a test's folder. With a
 * folder, perf_event_open is not tried. A value becomes NaN, with its reason in sw->why, when it cannot be
 * read or when reading it would disturb a block. Never fails. Call bench_sw_close in any case.
 */
void bench_sw_open(const char *root, struct bench_sw *sw, int cpu);
void bench_sw_close(struct bench_sw *sw);

/*
 * ns since the thread's start in which it was ready to run but did not run. 0 when not available. Takes 2 us.
 */
double bench_sw_waited(const struct bench_sw *sw);

/* begin reads the clocks last and end reads them first, so that they do not cover the reading of the rest. */
void bench_sw_begin(const struct bench_sw *sw, struct bench_sw_reading *begin);
void bench_sw_end(const struct bench_sw *sw, const struct bench_sw_reading *begin,
                  struct bench_events *events);

/*
 * A block is disturbed when one of these happened to its thread:
 * - an involuntary switch;
 * - a major fault, which waits for a disk;
 * - a migration to another CPU;
 * - stolen CPU time;
 * - it did not run for more than 1 % of the block's wall time (interrupts, throttling, waiting).
 * NaN decides nothing. Minor faults come from the allocator and disturb nobody.
 */
bool bench_sw_disturbed(const struct bench_events *events);
