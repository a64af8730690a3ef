/* SPDX-License-Identifier: MIT */
#include "harness/cli/calibrate/calibrate.h"
#include "harness/machine/pinning.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = 128 << 20 }; /* bytes: neither half fits a cache */

struct noisy {
    struct cli_noise *of;
    pthread_t thread;
    int cpu;
    bool streams;
};

struct cli_noise {
    atomic_bool stop;
    unsigned char *memory; /* two halves; NULL without a neighbour */
    size_t count;
    struct noisy list[];
};

static void *be_noisy(void *context)
{
    struct noisy *const n = context;
    unsigned char *const memory = n->of->memory;
    bench_cpus_use_one(n->cpu); /* it was allowed a moment ago; elsewhere it is noise as well */
    while (!atomic_load_explicit(&n->of->stop, memory_order_relaxed)) {
        if (n->streams)
            for (size_t at = 0; at < HALF && !atomic_load_explicit(&n->of->stop, memory_order_relaxed);
                 at += 1 << 20)
                memcpy(memory + at, memory + HALF + at, 1 << 20);
        else
            __asm__ volatile("" ::: "memory");
    }
    return NULL;
}

static bool add(struct cli_noise *noise, int cpu, bool streams)
{
    struct noisy *const n = &noise->list[noise->count];
    *n = (struct noisy){.of = noise, .cpu = cpu, .streams = streams};
    noise->count += !pthread_create(&n->thread, NULL, be_noisy, n);
    return n == &noise->list[noise->count - 1];
}

struct cli_noise *cli_noise_begin(int measured, bool busy, bool neighbour, int *code, struct qk_error *err)
{
    struct bench_cpus allowed;
    *code = bench_cpus_allowed(&allowed, err);
    if (*code)
        return NULL;
    const size_t others = bench_cpus_count(&allowed) - bench_cpus_has(&allowed, measured);
    struct cli_noise *const noise = calloc(1, sizeof *noise + (others + 1) * sizeof *noise->list);
    unsigned char *const memory = neighbour ? malloc(2 * (size_t)HALF) : NULL;
    bool good = true;
    if (!others)
        *code = qk_fail(err, QK_ERR_UNAVAILABLE, busy ? "--busy" : "--neighbour",
                        "found no CPU but %d, which is measured", measured);
    else if (!noise || (neighbour && !memory))
        *code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for noise on %zu CPUs", others);
    if (*code) {
        free(noise);
        free(memory);
        return NULL;
    }
    noise->memory = memory;
    if (memory)
        memset(memory, 1, 2 * (size_t)HALF);
    for (int cpu = 0; cpu < BENCH_CPUS_MAX && good; cpu++) {
        if (cpu == measured || !bench_cpus_has(&allowed, cpu))
            continue;
        if (neighbour)
            good = add(noise, cpu, true);
        if (good && busy)
            good = add(noise, cpu, false);
        if (!busy) /* one neighbour is enough */
            break;
        neighbour = false;
    }
    if (good)
        return noise;
    *code = qk_fail(err, QK_ERR_IO, NULL, "a thread for noise cannot be made");
    cli_noise_end(noise);
    return NULL;
}

void cli_noise_end(struct cli_noise *noise)
{
    if (!noise)
        return;
    atomic_store(&noise->stop, true);
    for (size_t i = 0; i < noise->count; i++)
        pthread_join(noise->list[i].thread, NULL);
    free(noise->memory);
    free(noise);
}
