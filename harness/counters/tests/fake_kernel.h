/* SPDX-License-Identifier: MIT */
/*
 * Replaces calls of the C library, to play a kernel with hardware counters whose counts are known. It counts
 * user code only. It answers perf_event_open, and ioctl and read on what that opened. All other calls reach
 * the real kernel. It is off until a test or, when preloaded, $FAKE_KERNEL turns it on.
 *
 * When fake_kernel.calls did not move while it counted, it reports the loop of known length: 2000000
 * instructions, 1000000 branches. Otherwise it reports these for each call:
 * - 1000 instructions and 250 cycles
 * - 100 branches, 1 of them mispredicted
 * - 40 cache references and 4 misses
 * - 8 misses of L1D and 2 of the last cache
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fake_event {
    FAKE_CYCLES,
    FAKE_INSTRUCTIONS,
    FAKE_BRANCHES,
    FAKE_BRANCH_MISSES,
    FAKE_REFERENCES,
    FAKE_MISSES,
    FAKE_L1D,
    FAKE_LLC,
    FAKE_EVENTS
};
enum fake_mode { FAKE_OFF, FAKE_COUNTS, FAKE_SOFTWARE };
enum fake_ill { FAKE_WELL, FAKE_STILL, FAKE_BACK, FAKE_OVERFLOW, FAKE_ABSURD, FAKE_ILLS };

struct fake_kernel {
    enum fake_mode mode;      /* FAKE_SOFTWARE: it opens the real kernel's task clock instead */
    uint64_t calls;           /* number of calls so far, which the test sets */
    double known_loop;        /* factor on the instructions of the known loop */
    int room;                 /* number of events that a group takes */
    int seats;                /* events that an enabled group counts; a pinned group with more is in error */
    int refused[FAKE_EVENTS]; /* errno when opening it; 0: it opens */
    enum fake_ill ill[FAKE_EVENTS];
    bool only_calls; /* ill events are well in the known loop */
    double running;  /* share of the time in which it counts */
    bool timeless;   /* it counts, but its times stand still */
    int short_read;  /* number of bytes missing from each read */
    int opened;      /* number of files that are open */
    int asked;       /* number of calls of perf_event_open */
};
extern struct fake_kernel fake_kernel;
/* All is well and it counts. Files that are still open are not forgotten. */
void fake_kernel_reset(void);
