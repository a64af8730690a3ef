/* SPDX-License-Identifier: MIT */
/* A kernel module for --load, with rows that end the launch that checks them, or the one that times them. */
#include "harness/duet/tests/fake.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

KERNEL(right)
{
    dequantise(out, codes, scale, lut, blocks);
}

KERNEL(wrong)
{
    dequantise(out, codes, scale, lut, blocks);
    out[0] += 1;
}

KERNEL(leave)
{
    dequantise(out, codes, scale, lut, blocks);
    _exit(9);
}

/* A launch that times must not move to another CPU. One that checks may. */
static bool is_timed(void)
{
    cpu_set_t set;
    return !sched_getaffinity(0, sizeof set, &set) && sched_setaffinity(0, sizeof set, &set) &&
           errno == EPERM;
}

KERNEL(crash_timed)
{
    static int timed = -1;
    dequantise(out, codes, scale, lut, blocks);
    timed = timed < 0 ? is_timed() : timed;
    if (timed)
        raise(SIGSEGV);
}

KERNEL(crash_timed_too)
{
    crash_timed(out, codes, scale, lut, blocks);
}

static const struct qk_module_row rows[] = {
    ROW(right, "BASE"),       ROW(wrong, "BASE"),           ROW(leave, "BASE"),
    ROW(crash_timed, "BASE"), ROW(crash_timed_too, "BASE"),
};

MODULE
