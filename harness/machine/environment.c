/* SPDX-License-Identifier: MIT */
#include "harness/machine/environment.h"

#include "harness/machine/commit.h"
#include "harness/machine/config.h"
#include "harness/machine/system_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static void copy(char *to, size_t size, const char *from)
{
    const size_t n = strnlen(from, size - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

static void take_cpuinfo(struct bench_environment *env, const char *key, const char *value)
{
    if (!strcmp(key, "vendor_id"))
        copy(env->cpu_vendor, sizeof env->cpu_vendor, value);
    else if (!strcmp(key, "cpu family"))
        env->cpu_family = atoi(value);
    else if (!strcmp(key, "model"))
        env->cpu_model = atoi(value);
    else if (!strcmp(key, "stepping"))
        env->cpu_stepping = atoi(value);
    else if (!strcmp(key, "model name"))
        copy(env->cpu_name, sizeof env->cpu_name, value);
    else if (!strcmp(key, "microcode"))
        copy(env->microcode, sizeof env->microcode, value);
    else if (!strcmp(key, "flags") || !strcmp(key, "Features"))
        copy(env->cpu_flags, sizeof env->cpu_flags, value);
}

/* Lines are "key<tabs>: value". The part of each CPU begins with a line "processor". */
static void read_cpuinfo(const char *root, struct bench_environment *env, int cpu)
{
    FILE *f = bench_open_below(root, "/proc/cpuinfo");
    if (!f)
        return;
    char *line = NULL;
    size_t room = 0;
    bool ours = false;
    while (getline(&line, &room, f) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        const char *value = colon[1] == ' ' ? colon + 2 : colon + 1;
        while (colon > line && isspace((unsigned char)colon[-1]))
            colon--;
        *colon = '\0';
        if (!strcmp(line, "processor"))
            ours = atoi(value) == cpu;
        else if (ours)
            take_cpuinfo(env, line, value);
    }
    free(line);
    fclose(f);
}

/* "32K" as sysfs writes sizes; 0 when it is none. */
static uint64_t size_bytes(const char *text)
{
    static const char units[] = "KMG";
    char *end;
    const unsigned long long n = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (end == text || *text == '-' || n > UINT32_MAX || (*end && (!unit || end[1])))
        return 0;
    return unit ? (uint64_t)n << 10 * (unit - units + 1) : n;
}

static int by_level(const void *a, const void *b)
{
    const struct bench_cache *x = a, *y = b;
    return x->level != y->level ? x->level - y->level : strcmp(x->type, y->type);
}

static bool cache_line(char *to, size_t size, const char *root, int cpu, int index, const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cache/index%d/%s", cpu, index, name);
    return bench_first_line(to, size, root, path);
}

static void read_caches(const char *root, struct bench_environment *env, int cpu)
{
    char text[256];
    for (int i = 0;
         env->cache_count < BENCH_CACHES_MAX && cache_line(text, sizeof text, root, cpu, i, "level"); i++) {
        struct bench_cache cache = {.level = atoi(text)};
        cache_line(cache.type, sizeof cache.type, root, cpu, i, "type");
        if (cache_line(text, sizeof text, root, cpu, i, "size"))
            cache.bytes = size_bytes(text);
        if (cache_line(text, sizeof text, root, cpu, i, "shared_cpu_list"))
            cache.sharing = bench_list_members(text);
        if (cache.level > 0 && *cache.type && cache.bytes > 0 && cache.sharing > 0)
            env->caches[env->cache_count++] = cache;
    }
    if (env->cache_count == 0 && !*root)
        bench_environment_cpuid_caches(env);
    qsort(env->caches, (size_t)env->cache_count, sizeof *env->caches, by_level);
}

static void read_governor(const char *root, struct bench_environment *env, int cpu)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
    if (bench_first_line(env->governor, sizeof env->governor, root, path))
        return;
    const char *reason = "the file is empty";
    if (errno)
        reason = errno == ENOENT ? "the kernel scales no frequency here" : strerror(errno);
    snprintf(env->governor_why, sizeof env->governor_why, "no cpu%d/cpufreq/scaling_governor in sysfs: %s",
             cpu, reason);
}

static void read_virtualised(struct bench_environment *env)
{
#if defined(__x86_64__)
    if (!*env->cpu_flags)
        return;
    if (!qk_has_word(env->cpu_flags, "hypervisor")) {
        copy(env->virtualised, sizeof env->virtualised, "no");
        return;
    }
    unsigned a, b, c, d;
    copy(env->virtualised, sizeof env->virtualised, "yes, unnamed");
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 31))
        return;
    /* Leaf 0x40000000 is above cpuid's own maximum; the bit just tested says that a hypervisor answers it. */
    char name[13] = "";
    __cpuid(0x40000000, a, b, c, d);
    memcpy(name, &b, 4);
    memcpy(name + 4, &c, 4);
    memcpy(name + 8, &d, 4);
    for (char *p = name; *p; p++)
        if (!isprint((unsigned char)*p))
            *p = '?';
    if (*name)
        copy(env->virtualised, sizeof env->virtualised, name);
#else
    (void)env;
#endif
}

static void read_date(struct bench_environment *env)
{
    const time_t now = time(NULL);
    struct tm tm;
    char zone[8];
    if (!localtime_r(&now, &tm) || !strftime(env->date, sizeof env->date, "%Y-%m-%dT%H:%M:%S", &tm) ||
        strftime(zone, sizeof zone, "%z", &tm) != 5)
        return;
    const size_t n = strlen(env->date);
    snprintf(env->date + n, sizeof env->date - n, "%.3s:%s", zone, zone + 3);
}

void bench_environment_library(struct bench_environment *env, const char *name, const char *path,
                               const char *build_id, const char *version)
{
    struct bench_library *const to = &env->libraries[env->library_count];
    if (env->library_count == BENCH_LIBRARIES_MAX)
        return;
    copy(to->name, sizeof to->name, name);
    copy(to->path, sizeof to->path, path);
    copy(to->build_id, sizeof to->build_id, build_id);
    copy(to->version, sizeof to->version, version);
    env->library_count++;
}

void bench_environment_init(struct bench_environment *env)
{
    *env = (struct bench_environment){
        .cpu_family = -1, .cpu_model = -1, .cpu_stepping = -1, .load = {-1, -1, -1}};
    bench_environment_hash(env, env->fingerprint);
}

void bench_environment_read_from(const char *root, struct bench_environment *env, int cpu)
{
    char text[256];
    struct utsname names;
    bench_environment_init(env);
    read_cpuinfo(root, env, cpu);
    if (uname(&names) == 0) {
        if (!*env->cpu_vendor)
            copy(env->cpu_vendor, sizeof env->cpu_vendor, names.machine);
        copy(env->host, sizeof env->host, names.nodename);
        snprintf(env->kernel, sizeof env->kernel, "%.40s %.80s", names.sysname, names.release);
    }
    read_caches(root, env, cpu);
    read_governor(root, env, cpu);
    read_virtualised(env);
    if (bench_first_line(text, sizeof text, root, "/sys/devices/system/cpu/online"))
        env->cpus = bench_list_members(text);
    double load[3];
    if (bench_first_line(text, sizeof text, root, "/proc/loadavg") &&
        sscanf(text, "%lf %lf %lf", &load[0], &load[1], &load[2]) == 3)
        memcpy(env->load, load, sizeof load);
    copy(env->commit, sizeof env->commit, QK_COMMIT);
    copy(env->version, sizeof env->version, QK_VERSION);
#if defined(NDEBUG)
    copy(env->build, sizeof env->build, "release");
#else
    copy(env->build, sizeof env->build, "debug");
#endif
    read_date(env);
    bench_environment_hash(env, env->fingerprint);
}

void bench_environment_read(struct bench_environment *env, int cpu)
{
    bench_environment_read_from("", env, cpu);
}

void bench_environment_kernels(struct bench_environment *env, const char *isa_levels, const char *compiler)
{
    copy(env->isa_levels, sizeof env->isa_levels, isa_levels);
    copy(env->compiler, sizeof env->compiler, compiler);
    bench_environment_hash(env, env->fingerprint);
}

void bench_environment_built(struct bench_environment *env, const struct qk_cpu *isa, const char *compiler)
{
    char levels[sizeof env->isa_levels] = "";
    for (int i = 0; i < QK_ISA_COUNT; i++)
        if (isa->present[i]) {
            const size_t used = strlen(levels);
            snprintf(levels + used, sizeof levels - used, "%s%s", used ? " " : "", qk_isa_row(i)->name);
        }
    bench_environment_kernels(env, levels, compiler);
}

/* Every text ends with a newline, which none contains, so that no two identities share a text. */
void bench_environment_hash(const struct bench_environment *env, char to[20])
{
    char text[1024];
    size_t used =
        (size_t)snprintf(text, sizeof text, "%s\n%d %d %d\n%s\n%s\n", env->cpu_vendor, env->cpu_family,
                         env->cpu_model, env->cpu_stepping, env->isa_levels, env->compiler);
    for (int i = 0; i < env->cache_count; i++) {
        const struct bench_cache *c = &env->caches[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%d %s %llu %d\n", c->level, c->type,
                                 (unsigned long long)c->bytes, c->sharing);
    }
    snprintf(to, 20, "%016llx", (unsigned long long)XXH3_64bits(text, used));
}

uint64_t bench_environment_cache(const struct bench_environment *env, int level)
{
    for (int i = 0; i < env->cache_count; i++)
        if (env->caches[i].level == level && strcmp(env->caches[i].type, "Instruction") != 0)
            return env->caches[i].bytes;
    return 0;
}
