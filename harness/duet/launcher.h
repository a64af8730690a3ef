/* SPDX-License-Identifier: MIT */
/* How launches are made, and how long they are waited for. */
#pragma once

#include <stdint.h>

/* A launch that has not answered by then is ended. */
enum { BENCH_LAUNCH_GRACE_MS = 5000 };

struct bench_launcher {
    const char *program, *argument; /* run again for each launch: argv is {program, argument} */
    unsigned patience_ms;           /* a launch that answers nothing for so long is ended. 0: two minutes */
    /*
     * By bench_clock_ns. Nothing is begun later, and BENCH_LAUNCH_GRACE_MS later nothing is waited for. 0: no
     * limit.
     */
    uint64_t until_ns;
};
