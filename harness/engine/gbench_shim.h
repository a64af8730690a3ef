/* SPDX-License-Identifier: MIT */
/*
 * google-benchmark 1.7.1 behind a C face. gbench_shim.cc is the one file that includes its header, so that no C++ type,
 * exception or inline function crosses.
 *
 * The order is ours. Each slice is one registered benchmark with an explicit iteration count. They run in the order
 * given, and a reporter that prints nothing collects their times. (Google-benchmark's own interleaving cannot be
 * seeded, its names grow suffixes, and it would choose iteration counts from CPU time.)
 */
#ifndef QKBENCH_HARNESS_ENGINE_GBENCH_SHIM_H
#define QKBENCH_HARNESS_ENGINE_GBENCH_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One timed stretch of calls. */
struct bench_slice {
    const char *name;                        /* what is registered; any text */
    void (*call)(void *ctx, uint64_t calls); /* the work: `calls` calls and nothing else */
    void *ctx;
    uint64_t calls;         /* >= 1 */
    double real_ns, cpu_ns; /* out: wall and CPU time of the whole stretch */
};

/*
 * Times the slices in order on the calling thread. Returns 0, or -1 with the reason in why[size]: google-benchmark
 * threw, or it ran another number of benchmarks than were registered. Not for use from several threads, because
 * google-benchmark's registry belongs to the process.
 */
int bench_shim_run(struct bench_slice *slices, size_t count, char *why, size_t size);

#ifdef __cplusplus
}
#endif

#endif
