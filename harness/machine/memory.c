/* SPDX-License-Identifier: MIT */
#include "harness/machine/memory.h"

#include "harness/machine/cgroup.h"
#include "harness/machine/system_files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Finds "MemAvailable: 123 kB" in a file of such lines. Returns bytes, or NaN when the key is not there. */
static double kib_of(const char *root, const char *path, const char *key)
{
    FILE *file = bench_open_below(root, path);
    char line[256], unit[3];
    double kib, bytes = NAN;
    while (file && isnan(bytes) && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key)) && sscanf(line + strlen(key), ": %lf %2s", &kib, unit) == 2 &&
            !strcmp(unit, "kB") && isfinite(kib) && kib >= 0)
            bytes = kib * 1024;
    if (file)
        fclose(file);
    return bytes;
}

static void take_least(struct bench_memory_free *m, double bytes, const char *limit)
{
    if (!(bytes < m->free))
        return;
    m->free = bytes;
    snprintf(m->limit, sizeof m->limit, "%s", limit);
}

/* What is used of it stands in /proc; without that only the whole limit is known. */
static void take_rlimit(struct bench_memory_free *m, __rlimit_resource_t which, const char *used,
                        const char *limit)
{
    struct rlimit r;
    if (getrlimit(which, &r) || r.rlim_cur == RLIM_INFINITY)
        return;
    const double taken = kib_of("", "/proc/self/status", used);
    take_least(m, fmax(0, (double)r.rlim_cur - (isnan(taken) ? 0 : taken)), limit);
}

void bench_memory_read(const char *root, struct bench_memory_free *m)
{
    const double share = 0.9;
    char who[sizeof m->limit];
    *m = (struct bench_memory_free){.free = INFINITY};
    take_least(m, kib_of(root, "/proc/meminfo", "MemAvailable"), "MemAvailable of /proc/meminfo");
    const double cgroup = bench_cgroup_memory(root, who, sizeof who);
    take_least(m, cgroup, who);
    if (!*root) {
        take_rlimit(m, RLIMIT_AS, "VmSize", "RLIMIT_AS (ulimit -v)");
        take_rlimit(m, RLIMIT_DATA, "VmData", "RLIMIT_DATA (ulimit -d)");
    }
    m->room = share * m->free;
}

int bench_memory_check(size_t bytes, const char *what, struct qk_error *err)
{
    const double mib = 0x1p20;
    struct bench_memory_free m;
    bench_memory_read("", &m);
    if ((double)bytes <= m.room)
        return 0;
    return qk_fail(err, QK_ERR_MEMORY, what,
                   "needs %.1f MiB of memory; %.1f MiB may be taken of the %.1f MiB free by %s",
                   (double)bytes / mib, m.room / mib, m.free / mib, m.limit);
}

struct bench_memory_resident bench_memory_resident(void)
{
    struct rusage usage;
    const double now = kib_of("", "/proc/self/status", "VmRSS");
    double peak = kib_of("", "/proc/self/status", "VmHWM");
    if (isnan(peak)) /* it counts in KiB, and forgets nothing */
        peak = getrusage(RUSAGE_SELF, &usage) ? 0 : (double)usage.ru_maxrss * 1024;
    return (struct bench_memory_resident){isnan(now) ? 0 : now, peak};
}

bool bench_memory_forget_peak(void)
{
    FILE *const to = fopen("/proc/self/clear_refs", "we");
    const bool written = to && fputs("5", to) >= 0;
    return to && !fclose(to) && written;
}
