/* SPDX-License-Identifier: MIT */
/*
 * google-benchmark 1.7.1 behind a C interface. Only gbench_shim.cc includes its header, so that no C++ type,
 * exception or inline function gets out.
 *
 * We decide the order. A slice is one registered benchmark with an explicit iteration count, and runs at
 * once. A reporter that prints nothing collects its times. We do not use google-benchmark's own interleaving:
 * it cannot be seeded, adds suffixes to names, and chooses iteration counts by CPU time. Outside of its timed
 * stretch, a slice costs 5 us.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Times call(ctx, calls) on the calling thread. That function makes `calls` calls (>= 1) and nothing else.
 * The result is wall time and CPU time of the whole stretch. Returns 0, or -1 with the reason in why[size]:
 * google-benchmark threw, or it did not run the one registered benchmark. Use it from one thread only,
 * because its registry belongs to the process.
 */
int bench_shim_time(void (*call)(void *ctx, uint64_t calls), void *ctx, uint64_t calls, double *real_ns,
                    double *cpu_ns, char *why, size_t size);

#ifdef __cplusplus
}
#endif
