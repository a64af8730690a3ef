/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/private.h"

#include "harness/machine/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, MEBI = 1 << 20 };

static const struct bench_cache *cache_of(const struct bench_environment *env, int level)
{
    for (int i = 0; i < env->cache_count; i++)
        if (env->caches[i].level == level && strcmp(env->caches[i].type, "Instruction") != 0)
            return &env->caches[i];
    return NULL;
}

/*
 * The set in L3 is an eighth of it, because neighbours of a virtual machine use L3, too. With a quarter of 48
 * MiB one loop was seen to give from 5 to 26 GB/s, with an eighth 27 to 29. It is at least four times L2,
 * because L2 holds part of the set.
 */
size_t bench_ceiling_cache_bytes(const struct bench_environment *env, int level, int threads, char *why,
                                 size_t size)
{
    const struct bench_cache *cache = cache_of(env, level),
                             *smaller = level > 1 ? cache_of(env, level - 1) : NULL;
    if (!cache) {
        snprintf(why, size, "neither sysfs nor cpuid tells the size of L%d", level);
        return 0;
    }
    const uint64_t sharing = (uint64_t)(threads < cache->sharing ? threads : cache->sharing);
    const size_t share = cache->bytes / sharing, before = smaller ? smaller->bytes : PAGE;
    size_t set = share / 2;
    if (level == 3)
        set = share / 8 > 4 * before ? share / 8 : 4 * before < set ? 4 * before : set;
    set = set / (2 * PAGE) * (2 * PAGE);
    if (set >= 2 * before)
        return set;
    snprintf(why, size, "a thread's share of L%d, %zu KiB, is too small to tell it from the level before",
             level, share >> 10);
    return 0;
}

size_t bench_ceiling_dram_bytes(const struct bench_environment *env, int threads)
{
    const struct bench_cache *l3 = cache_of(env, 3);
    const size_t caches = l3 ? (size_t)((threads + l3->sharing - 1) / l3->sharing) : 0;
    const size_t all = l3 ? 4 * l3->bytes * caches : 0, step = (size_t)MEBI * (size_t)threads;
    const size_t bytes = all > 256 * (size_t)MEBI ? all : 256 * (size_t)MEBI;
    return (bytes + step - 1) / step * step;
}

static void plan_row(struct bench_ceiling *row, const struct bench_ceilings *c,
                     const struct bench_ceiling_loop *loop, int level, int threads, const struct qk_cpu *isa,
                     const char *too_large)
{
    const char *missing = bench_ceiling_loop_missing(loop, isa);
    *row = (struct bench_ceiling){.loop = loop,
                                  .level = level,
                                  .threads = threads,
                                  .best = NAN,
                                  .median = NAN,
                                  .per_cycle = NAN,
                                  .spread = NAN};
    if (level == BENCH_DRAM)
        row->bytes = bench_ceiling_dram_bytes(&c->env, threads) / (size_t)threads;
    else if (level != BENCH_REGISTERS)
        row->bytes = bench_ceiling_cache_bytes(&c->env, level, threads, row->reason, sizeof row->reason);
    if (level == BENCH_DRAM)
        snprintf(row->reason, sizeof row->reason, "%s", too_large);
    if (missing)
        snprintf(row->reason, sizeof row->reason, "%s", missing);
}

int bench_ceilings_plan(struct bench_ceilings *c, const struct qk_cpu *isa, struct qk_error *err)
{
    const int counts[] = {1, c->threads};
    /* The one thread's set and that of all of them are there at once. */
    const size_t dram = bench_ceiling_dram_bytes(&c->env, 1) + bench_ceiling_dram_bytes(&c->env, c->threads);
    struct qk_error why;
    char too_large[sizeof c->rows->reason] = "";
    c->cramped = bench_memory_check(dram, NULL, &why);
    if (c->cramped)
        snprintf(too_large, sizeof too_large, "%.127s", why.text);
    const size_t room = bench_ceiling_loop_count * 2 * BENCH_DRAM;
    c->rows = calloc(room, sizeof *c->rows);
    if (!c->rows)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu ceilings", room);
    c->count = 0;
    for (int kind = 0; kind < BENCH_CEILING_KINDS; kind++) {
        const bool bandwidth = bench_ceiling_is_bandwidth(kind);
        for (int level = bandwidth ? 1 : BENCH_REGISTERS; level <= (bandwidth ? BENCH_DRAM : BENCH_REGISTERS);
             level++)
            for (int t = 0; t < (bandwidth && c->threads > 1 ? 2 : 1); t++)
                for (size_t i = 0; i < bench_ceiling_loop_count; i++)
                    if ((int)bench_ceiling_loops[i].kind == kind)
                        plan_row(&c->rows[c->count++], c, &bench_ceiling_loops[i], level, counts[t], isa,
                                 too_large);
    }
    return 0;
}
