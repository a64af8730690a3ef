/* SPDX-License-Identifier: MIT */
/*
 * What identifies machine and toolchain (the fingerprint), and the state of the machine when the run began.
 * Every text field is a NUL-terminated string. It is empty when it is not known.
 */
#pragma once

#include "kernels/cpu.h"

enum { BENCH_CACHES_MAX = 8, BENCH_LIBRARIES_MAX = 18 };

struct bench_cache {
    int level;     /* 1, 2, 3 */
    char type[12]; /* "Data", "Instruction", "Unified" as sysfs spells them */
    uint64_t bytes;
    int sharing; /* logical CPUs that share it */
};

/* A shared library whose rows were measured. */
struct bench_library {
    char name[40];     /* what rows are called by, or its side in a gate */
    char path[512];    /* as given */
    char build_id[65]; /* the linker's, in hexadecimal; empty: it has none */
    char version[64];  /* what it says of itself */
};

struct bench_environment {
    /* Identity. A baseline is not comparable when one of these differs. */
    char cpu_vendor[16]; /* "AuthenticAMD"; on other architectures the machine name of uname */
    int cpu_family, cpu_model, cpu_stepping; /* display values (extended fields added in); -1 when unknown */
    char isa_levels[64]; /* ISA levels in use, blank-separated, after QK_DISABLE_ISA: "BASE AVX2 AVX512" */
    int cache_count;
    /* Caches of the pinned CPU, from sysfs or else cpuid, sorted by level, then by type. */
    struct bench_cache caches[BENCH_CACHES_MAX];
    char compiler[64];    /* "gcc 12.2.0" of the kernels; their flags are in struct bench_record */
    char fingerprint[20]; /* XXH3-64 of all fields above, 16 hex digits */

    /* Shown only, not compared. */
    char cpu_name[64];
    char cpu_flags[3072]; /* as /proc/cpuinfo lists them */
    int cpus;             /* online logical CPUs; 0 when unknown */
    char virtualised[32]; /* "no", "KVMKVMKVM" or the hypervisor's own name; empty when not known */
    char kernel[128];     /* uname -sr */
    char host[65];
    char microcode[24];
    char governor[32], governor_why[96]; /* scaling governor of the pinned CPU, or why there is none */
    double load[3];                      /* 1, 5 and 15 minutes; -1 when unknown */
    char commit[48];  /* commit that was built, "-dirty" when the tree had changes; "unknown" outside git */
    char version[16]; /* qkbench's own */
    char build[16];   /* "release", or "debug" when the timing code has its asserts */
    char date[40];    /* ISO 8601 with zone, when the run began */
    size_t library_count;
    struct bench_library libraries[BENCH_LIBRARIES_MAX];
};

/* Adds a library. Texts are cut when too long. One too many is left out. */
void bench_environment_library(struct bench_environment *env, const char *name, const char *path,
                               const char *build_id, const char *version);

/*
 * Reads everything but isa_levels and compiler, for logical CPU `cpu` (>= 0). It never fails: a missing fact
 * is empty or -1, or has its reason beside it. The `cache` shapes are made from the cache sizes found here.
 */
void bench_environment_read(struct bench_environment *env, int cpu);
/* The same with /proc and /sys looked up below `root`. */
void bench_environment_read_from(const char *root, struct bench_environment *env, int cpu);
/*
 * A state in which nothing is known: numbers are -1, texts are empty, and the fingerprint is made of these.
 */
void bench_environment_init(struct bench_environment *env);
/*
 * Adds the caches that cpuid reports for this CPU. Virtual machines need it when their sysfs lists none. On
 * other architectures it adds nothing. It reads env->cpu_vendor. Source: Intel SDM vol. 2A, CPUID leaf 4;
 * AMD64 APM vol. 3, appendix E.
 */
void bench_environment_cpuid_caches(struct bench_environment *env);

/* Sets isa_levels and compiler (cut when too long), and makes the fingerprint anew. */
void bench_environment_kernels(struct bench_environment *env, const char *isa_levels, const char *compiler);
/* The same with the levels that `isa` holds. */
void bench_environment_built(struct bench_environment *env, const struct qk_cpu *isa, const char *compiler);
/* Makes 16 hex digits of the identity fields as they are now. It does not read env->fingerprint. */
void bench_environment_hash(const struct bench_environment *env, char to[20]);

/* Bytes of the data or unified cache of that level. 0 when neither sysfs nor cpuid tells. */
uint64_t bench_environment_cache(const struct bench_environment *env, int level);
