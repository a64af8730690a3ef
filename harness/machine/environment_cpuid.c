/* SPDX-License-Identifier: MIT */
#include "harness/machine/environment.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

static void add(struct bench_environment *env, int level, const char *type, uint64_t bytes, int sharing)
{
    if (!bytes || env->cache_count == BENCH_CACHES_MAX)
        return;
    struct bench_cache *c = &env->caches[env->cache_count++];
    *c = (struct bench_cache){.level = level, .bytes = bytes, .sharing = sharing};
    strcpy(c->type, type);
}

/* Leaf 4 of Intel and leaf 0x8000001D of AMD have the same form: one sub-leaf per cache, ended by type 0. */
static void deterministic(struct bench_environment *env, unsigned leaf)
{
    static const char *const types[] = {"", "Data", "Instruction", "Unified"};
    unsigned a, b, c, d;
    for (unsigned i = 0; i < BENCH_CACHES_MAX; i++) {
        if (!__get_cpuid_count(leaf, i, &a, &b, &c, &d))
            return;
        const unsigned type = a & 31, ways = (b >> 22) + 1, partitions = (b >> 12 & 1023) + 1,
                       line = (b & 4095) + 1;
        if (type == 0 || type > 3)
            return;
        add(env, (int)(a >> 5 & 7), types[type], (uint64_t)ways * partitions * line * (c + 1ull),
            (int)(a >> 14 & 4095) + 1);
    }
}

/*
 * AMD's older leaves: KiB of the core's own L1 and L2. They do not say who shares L3, and count that of the
 * whole package (508 MiB where one core reaches 32), so that L3 stays unknown.
 */
static void legacy_amd(struct bench_environment *env)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(0x80000005, &a, &b, &c, &d))
        return;
    add(env, 1, "Data", (uint64_t)(c >> 24) << 10, 1);
    add(env, 1, "Instruction", (uint64_t)(d >> 24) << 10, 1);
    if (__get_cpuid(0x80000006, &a, &b, &c, &d))
        add(env, 2, "Unified", (uint64_t)(c >> 16) << 10, 1);
}

void bench_environment_cpuid_caches(struct bench_environment *env)
{
    const unsigned leaves[] = {4, 0x8000001D};
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves && env->cache_count == 0; i++)
        deterministic(env, leaves[i]);
    if (env->cache_count == 0 && !strcmp(env->cpu_vendor, "AuthenticAMD"))
        legacy_amd(env);
}

#else

void bench_environment_cpuid_caches(struct bench_environment *env)
{
    (void)env;
}

#endif
