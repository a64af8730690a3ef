/* SPDX-License-Identifier: MIT */
/*
 * Stands in front of the C library: a kernel whose hardware counters are known, for user code only. It
 * answers perf_event_open, and ioctl and read of what it opened; all else is passed on. It is off until a
 * test or, when preloaded, $FAKE_KERNEL asks for it. A stretch in which fake_kernel.calls did not move is
 * taken for the loop of known length: 2000000 instructions, 1000000 branches. Otherwise a call is 1000
 * instructions, 250 cycles, 100 branches, 1 of them mispredicted, 40 cache references and 4 misses, 8 misses
 * of L1D and 2 of the last cache.
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
    enum fake_mode mode; /* FAKE_SOFTWARE: the real kernel is asked for its task clock instead */
    uint64_t calls;      /* made so far, told by the test */
    double known_loop;   /* what the known loop's instructions are multiplied by */
    int room;            /* events that a group takes */
    int seats;           /* events that a group counts when it is enabled; more is a pinned group's error */
    int refused[FAKE_EVENTS]; /* errno of opening it; 0: opens */
    enum fake_ill ill[FAKE_EVENTS];
    bool only_calls; /* ill events are well in the known loop */
    double running;  /* share of the time that it counts */
    bool timeless;   /* it counts, and its times stand still */
    int short_read;  /* bytes that are missing from each read */
    int opened;      /* files that are not closed */
    int asked;       /* calls of perf_event_open */
};
extern struct fake_kernel fake_kernel;
/* All well and counting; nothing left open is forgotten. */
void fake_kernel_reset(void);
