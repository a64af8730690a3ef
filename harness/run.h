/* SPDX-License-Identifier: MIT */
/*
 * The run: groups in rounds over all their variants, order drawn, one pinned CPU, raw times kept in order.
 */
#ifndef QKBENCH_HARNESS_RUN_H
#define QKBENCH_HARNESS_RUN_H

#include "harness/counters.h"
#include "harness/matrix.h"
#include "harness/sample_set.h"
#include "kernels/cpu.h"

struct bench_run_config {
    bool quick;
    uint64_t seed;
    int cpu; /* logical CPU to pin to */
    const struct qk_cpu *isa;
    /* Counted for each case in a pass of its own, after its group was timed. NULL: nothing. */
    struct bench_counters *counters;
    bool (*stop)(void); /* asked between blocks; true ends the run. May be NULL */
    /* Told between blocks, never inside: share done in [0, 1] and the group at hand. May be NULL. */
    void (*progress)(void *ctx, double done, const char *group);
    void *ctx;
};

/* Pins the calling thread to cpu; cpu < 0: to the last one it may run on (CPU 0 takes most interrupts). Returns the
 * CPU, or QK_ERR_ARG naming those that are allowed. */
int bench_pin(int cpu, struct qk_error *err);

/* The ISA levels that are present, blank-separated, into to[size]: for bench_environment_kernels. */
void bench_isa_levels(const struct qk_cpu *isa, char *to, size_t size);

/*
 * Runs the matrix into *set, which must be initialised with its environment read. Every variant is checked before it
 * is timed; one that fails becomes an error record and *failed is set. Groups whose buffers fit 2 GiB together take
 * turns block by block, so that a slow minute of the machine falls on all of them.
 * 0; QK_ERR_INVALID when nothing was measured; QK_ERR_UNAVAILABLE when nothing wanted can run here;
 * QK_ERR_INTERRUPTED; QK_ERR_MEMORY; QK_ERR_CHECK and QK_ERR_FORMAT from inputs of a model file.
 */
int bench_run(const struct bench_matrix *m, const struct bench_run_config *cfg, struct bench_sample_set *set,
              bool *failed, struct qk_error *err);

#endif
