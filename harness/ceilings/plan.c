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

/* Room for so many rows, and why there is no memory for that many bytes in DRAM, else the empty text. */
static int begin(struct bench_ceilings *c, size_t room, size_t dram, char *too_large, struct qk_error *err)
{
    struct qk_error why;
    *too_large = '\0';
    c->cramped = bench_memory_check(dram, NULL, &why);
    if (c->cramped)
        snprintf(too_large, sizeof c->rows->reason, "%.127s", why.text);
    c->rows = calloc(room, sizeof *c->rows);
    if (!c->rows)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu ceilings", room);
    c->count = 0;
    return 0;
}

int bench_ceilings_plan_readers(struct bench_ceilings *c, const struct bench_ceilings_config *cfg,
                                struct qk_error *err)
{
    char too_large[sizeof c->rows->reason];
    size_t alone = 0, each = 0;
    int most = 1;
    for (size_t i = 0; i < cfg->reader_count; i++) {
        const int threads = (int)cfg->readers[i];
        const size_t bytes = bench_ceiling_dram_bytes(&c->env, threads) / (size_t)threads;
        if (threads > c->threads)
            return qk_fail(err, QK_ERR_ARG, NULL, "%d threads on %d CPUs", threads, c->threads);
        most = threads > most ? threads : most;
        alone = threads == 1 ? bytes : alone;
        each = threads > 1 && bytes > each ? bytes : each;
    }
    c->threads = most;
    const int code = begin(c, bench_ceiling_loop_count * cfg->reader_count + 1, alone + each * (size_t)most,
                           too_large, err);
    for (size_t k = 0; k < cfg->reader_count && !code; k++)
        for (size_t i = 0; i < bench_ceiling_loop_count; i++)
            if (bench_ceiling_reads(bench_ceiling_loops[i].kind))
                plan_row(&c->rows[c->count++], c, &bench_ceiling_loops[i], BENCH_DRAM, (int)cfg->readers[k],
                         cfg->job.isa, too_large);
    return code;
}

int bench_ceilings_plan(struct bench_ceilings *c, const struct qk_cpu *isa, struct qk_error *err)
{
    const int counts[] = {1, c->threads};
    /* The one thread's set and that of all of them are there at once. */
    const size_t dram = bench_ceiling_dram_bytes(&c->env, 1) + bench_ceiling_dram_bytes(&c->env, c->threads);
    char too_large[sizeof c->rows->reason];
    const int code = begin(c, bench_ceiling_loop_count * 2 * BENCH_DRAM, dram, too_large, err);
    if (code)
        return code;
    for (int kind = 0; kind < BENCH_CEILING_KINDS; kind++) {
        const bool bandwidth = bench_ceiling_is_bandwidth(kind);
        const int first = !bandwidth ? BENCH_REGISTERS : bench_ceiling_asks(kind) ? BENCH_DRAM : 1;
        for (int level = first; level <= (bandwidth ? BENCH_DRAM : BENCH_REGISTERS); level++)
            for (int t = 0; t < (bandwidth && c->threads > 1 ? 2 : 1); t++)
                for (size_t i = 0; i < bench_ceiling_loop_count; i++)
                    if ((int)bench_ceiling_loops[i].kind == kind)
                        plan_row(&c->rows[c->count++], c, &bench_ceiling_loops[i], level, counts[t], isa,
                                 too_large);
    }
    return 0;
}
