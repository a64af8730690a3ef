/* SPDX-License-Identifier: MIT */
/*
 * What identifies machine and toolchain (the fingerprint), and what the machine was like when the run began.
 * Every text field is a NUL-terminated string; one that cannot be found out is empty.
 */
#pragma once

#include "kernels/cpu.h"

enum { BENCH_CACHES_MAX = 8 };

struct bench_cache {
    int level;     /* 1, 2, 3 */
    char type[12]; /* "Data", "Instruction", "Unified" as sysfs spells them */
    uint64_t bytes;
    int sharing; /* logical CPUs that share it */
};

struct bench_environment {
    /* Identity: a baseline from a machine where one of these differs is not comparable. */
    char cpu_vendor[16]; /* "AuthenticAMD"; on other architectures the machine name of uname */
    int cpu_family, cpu_model, cpu_stepping; /* display values (extended fields added in); -1 when unknown */
    char isa_levels[64]; /* ISA levels in use, blank-separated, after QK_DISABLE_ISA: "BASE AVX2 AVX512" */
    int cache_count;
    struct bench_cache
        caches[BENCH_CACHES_MAX]; /* of the pinned CPU, from sysfs or else cpuid, by level then type */
    char compiler[64];            /* "gcc 12.2.0" of the kernels; their flags are in struct bench_record */
    char fingerprint[20];         /* XXH3-64 of all fields above, 16 hex digits */

    /* Shown only. */
    char cpu_name[64];
    char cpu_flags[3072]; /* as /proc/cpuinfo lists them */
    int cpus;             /* online logical CPUs; 0 when unknown */
    char virtualised[32]; /* "no", "KVMKVMKVM" or the hypervisor's own name; empty when not known */
    char kernel[128];     /* uname -sr */
    char host[65];
    char microcode[24];
    char governor[32], governor_why[96]; /* scaling governor of the pinned CPU, or why there is none */
    double load[3];                      /* 1, 5 and 15 minutes; -1 when unknown */
    char commit[48];  /* of the tree that was built, "-dirty" when it had changes; "unknown" outside git */
    char version[16]; /* qkbench's own */
    char build[16];   /* "release", or "debug" when the timing code has its asserts */
    char date[40];    /* ISO 8601 with zone, when the run began */
};

/*
 * Reads everything but isa_levels and compiler for logical CPU `cpu` (>= 0). It never fails: what is missing
 * is empty, -1, or has its reason. The `cache` shapes are made from the cache sizes that it finds.
 */
void bench_environment_read(struct bench_environment *env, int cpu);
/* The same with /proc and /sys looked up below `root`. */
void bench_environment_read_from(const char *root, struct bench_environment *env, int cpu);
/* What nobody has looked up yet: numbers are -1, texts empty, and the fingerprint is of that. */
void bench_environment_init(struct bench_environment *env);
/*
 * Adds what cpuid tells of this CPU's caches, for virtual machines whose sysfs lists none. On other
 * architectures it adds nothing. env->cpu_vendor is read. Source: Intel SDM vol. 2A, CPUID leaf 4; AMD64 APM
 * vol. 3, appendix E.
 */
void bench_environment_cpuid_caches(struct bench_environment *env);

/* Fills isa_levels and compiler (cut when too long) and the fingerprint anew. */
void bench_environment_kernels(struct bench_environment *env, const char *isa_levels, const char *compiler);
/* The same with the levels that are present. */
void bench_environment_built(struct bench_environment *env, const struct qk_cpu *isa, const char *compiler);
/* 16 hex digits of the identity fields as they are now, without looking at env->fingerprint. */
void bench_environment_hash(const struct bench_environment *env, char to[20]);

/* Bytes of the data or unified cache of that level, 0 when neither sysfs nor cpuid tells. */
uint64_t bench_environment_cache(const struct bench_environment *env, int level);
