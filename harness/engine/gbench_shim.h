/* SPDX-License-Identifier: MIT */
/*
 * google-benchmark 1.7.1 behind a C face. gbench_shim.cc is the one file that includes its header, so that no
 * C++ type, exception or inline function crosses.
 *
 * The order is ours. A slice is one registered benchmark with an explicit iteration count, and runs at once.
 * A reporter that prints nothing collects its times. (Google-benchmark's own interleaving cannot be seeded,
 * its names grow suffixes, and it would choose iteration counts from CPU time.) Around its timed stretch a
 * slice costs 5 us.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Times call(ctx, calls), which is `calls` calls (>= 1) and nothing else, on the calling thread: wall and CPU
 * time of the whole stretch. Returns 0, or -1 with the reason in why[size]: google-benchmark threw, or it did
 * not run the one benchmark that was registered. Not for use from several threads, because its registry
 * belongs to the process.
 */
int bench_shim_time(void (*call)(void *ctx, uint64_t calls), void *ctx, uint64_t calls, double *real_ns,
                    double *cpu_ns, char *why, size_t size);

#ifdef __cplusplus
}
#endif
