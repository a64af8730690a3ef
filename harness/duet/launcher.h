/* SPDX-License-Identifier: MIT */
/* How launches are made, and how long the program waits for them. */
#pragma once

#include <stdint.h>

/* How long after until_ns a launch that has not answered is ended. */
enum { BENCH_LAUNCH_GRACE_MS = 5000 };

struct bench_launcher {
    const char *program, *argument; /* run again for each launch: argv is {program, argument} */
    unsigned patience_ms;           /* a launch that is silent for so long is ended; 0: two minutes */
    /*
     * On bench_clock_ns. After this time nothing begins, and BENCH_LAUNCH_GRACE_MS later the program stops
     * waiting. 0: no limit.
     */
    uint64_t until_ns;
};
