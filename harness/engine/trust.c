/* SPDX-License-Identifier: MIT */
#include "harness/engine/trust.h"

#include "harness/records/stats.h"

/*
 * Where many programs share the CPU, most slices may have waited for it ten times as long as they ran. A single one
 * waits for less than a quarter of a second: the time slices of a scheduler and the periods of a CPU quota are shorter.
 */
const char *bench_slices_odd(const double *ns, size_t n, double expected, double *scratch)
{
    const double times = 10, shorter = 100, stall_ns = 250e6;
    const double middle = n >= 3 ? bench_median(ns, n, scratch) : expected;
    for (size_t i = 0; i < n; i++) {
        if (!(ns[i] > 0))
            return ns[i] < 0 ? "the clock went back during a slice" : "the clock stood still during a slice";
        if (ns[i] < middle / shorter)
            return "a slice took less than a hundredth of what it takes: the clock went back or stood still";
        if (ns[i] > times * middle && ns[i] > stall_ns)
            return "a slice took more than ten times what it takes: the clock jumped or the machine stood "
                   "still";
    }
    return NULL;
}
