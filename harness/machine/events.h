/* SPDX-License-Identifier: MIT */
/*
 * What the system knows of the calling thread: page faults, context switches, migrations, task clock, and the
 * time the hypervisor took from the CPU. The caller reads it before and after a block, outside the timed
 * slices. All arms of a group share the block, so no event can be told to belong to one arm.
 */
#pragma once

#include <stdbool.h>

/* What happened to the measuring thread during a block. */
enum bench_event {
    BENCH_EVENT_WALL, /* ns from the first slice to the last */
    BENCH_EVENT_TASK, /* ns of them that the thread ran */
    BENCH_EVENT_MINOR_FAULTS,
    BENCH_EVENT_MAJOR_FAULTS,
    BENCH_EVENT_VOLUNTARY,   /* context switches: it waited */
    BENCH_EVENT_INVOLUNTARY, /* it was interrupted */
    BENCH_EVENT_MIGRATIONS,
    BENCH_EVENT_STEAL, /* ns the hypervisor gave the CPU to others, in clock ticks (10 ms) */
    BENCH_EVENT_COUNT
};

struct bench_events {
    bool recorded;  /* otherwise nothing below means anything */
    bool disturbed; /* by the rule of bench_sw_disturbed */
    double
        value[BENCH_EVENT_COUNT]; /* NaN (null in JSON): not to be had here; the set's events_why says why */
};

/* Files kept open, so that a reading costs system calls only: about 15 us on a machine with 2 CPUs. */
struct bench_sw {
    int cpu;
    int stat;       /* /proc/stat; -1: steal is NaN */
    int migrations; /* a perf event or /proc/thread-self/sched; -1: neither can be read */
    int waits;      /* /proc/thread-self/schedstat; -1: it cannot be read */
    bool perf;      /* `migrations` is the former */
    char why[200];  /* what is NaN and why, and how migrations are counted; may be empty */
};

struct bench_sw_reading {
    double value[BENCH_EVENT_COUNT]; /* since some start */
    int cpu;                         /* where the thread was; -1 unknown */
};

/*
 * For the calling thread on `cpu`. /proc is looked up below `root`, which is "" or a test's folder; with a
 * folder perf_event_open is not tried. What cannot be read, or costs so much that a block would notice,
 * becomes NaN with its reason in sw->why. Never fails; close in any case.
 */
void bench_sw_open(const char *root, struct bench_sw *sw, int cpu);
void bench_sw_close(struct bench_sw *sw);

/*
 * ns that the calling thread was ready to run and did not, since its start; 0 where that is not to be had. 2
 * us.
 */
double bench_sw_waited(const struct bench_sw *sw);

/* The clocks are read last in begin and first in end, so that they do not contain the reading of the rest. */
void bench_sw_begin(const struct bench_sw *sw, struct bench_sw_reading *begin);
void bench_sw_end(const struct bench_sw *sw, const struct bench_sw_reading *begin,
                  struct bench_events *events);

/*
 * The rule: the thread was switched off (involuntary switch), waited for a disk (major fault), changed its
 * CPU, had its CPU stolen, or did not run for more than 1 % of the block's wall time (interrupts, throttling,
 * waiting). NaN decides nothing. Minor faults are the allocator's and disturb nobody.
 */
bool bench_sw_disturbed(const struct bench_events *events);
