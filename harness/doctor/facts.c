/* SPDX-License-Identifier: MIT */
#include "harness/doctor/private.h"

#include "harness/counters/backend.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const struct bench_spread unknown = {NAN, NAN, NAN};

void bench_facts_init(struct bench_facts *f, const char *root, int cpu)
{
    static const struct bench_aa aa = {.ratio = {NAN, NAN, NAN}, .ns = {NAN, NAN, NAN}, .why = "not tried"};
    *f = (struct bench_facts){.root = root,
                              .cpu = cpu,
                              .pmu_errno = -1,
                              .pmu_expected = NAN,
                              .pmu_counted = NAN,
                              .timer_ns = NAN,
                              .timer_step_ns = NAN,
                              .throttled_before = -1,
                              .throttled_after = -1,
                              .cache = aa,
                              .dram = aa,
                              .core_ghz = unknown,
                              .adds_per_cycle = unknown,
                              .ghz_why = "not tried",
                              .adds_why = "not tried"};
    bench_environment_read_from(root, &f->env, cpu);
    const uint64_t l3 = bench_environment_cache(&f->env, 3), least = 256u << 20;
    f->dram_bytes = 4 * l3 > least ? 4 * l3 : least;
}

bool bench_facts_line(const struct bench_facts *f, char *to, size_t size, const char *fmt, ...)
{
    char path[320];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    *to = '\0';
    if (n < 0 || (size_t)n >= sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return bench_first_line(to, size, f->root, path);
}

const char *bench_facts_why(int number)
{
    return number == ENOENT ? "the kernel shows no such file"
           : number         ? strerror(number)
                            : "the file is empty";
}

bool bench_facts_vm(const struct bench_facts *f)
{
    return *f->env.virtualised && strcmp(f->env.virtualised, "no") != 0;
}

void bench_doctor_allowed(char *to, size_t size)
{
    struct bench_cpus set;
    *to = '\0';
    if (!bench_cpus_allowed(&set, NULL))
        bench_cpus_list(&set, to, size);
}

/* proc(5): user nice system idle iowait irq softirq steal. Guest time is already in user. */
void bench_ticks_read(const char *root, int cpu, struct bench_ticks *to)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = bench_open_below(root, "/proc/stat");
    *to = (struct bench_ticks){0};
    while (file && getline(&line, &room, file) > 0) {
        int number;
        double t[8], total = 0;
        if (!strncmp(line, "cpu ", 4)) /* all CPUs together, which %d would read, too */
            continue;
        if (sscanf(line, "cpu%d %lf %lf %lf %lf %lf %lf %lf %lf", &number, &t[0], &t[1], &t[2], &t[3], &t[4],
                   &t[5], &t[6], &t[7]) != 9)
            continue;
        for (int i = 0; i < 8; i++)
            total += t[i];
        if (number == cpu) {
            to->known = true;
            to->steal = t[7];
            to->total = total;
        } else {
            to->others_busy += total - t[3] - t[4];
            to->others_total += total;
        }
    }
    free(line);
    if (file)
        fclose(file);
}

static double share(const struct bench_facts *f, double part, double whole)
{
    return f->before.known && f->after.known && whole > 0 ? part / whole : NAN;
}

double bench_facts_steal(const struct bench_facts *f)
{
    return share(f, f->after.steal - f->before.steal, f->after.total - f->before.total);
}

double bench_facts_others_busy(const struct bench_facts *f)
{
    return share(f, f->after.others_busy - f->before.others_busy,
                 f->after.others_total - f->before.others_total);
}

long long bench_throttled(const char *root, int cpu)
{
    static const char *const names[] = {"core", "package"};
    char path[120], text[40];
    long long sum = -1;
    for (int i = 0; i < 2; i++) {
        char *end;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/thermal_throttle/%s_throttle_count", cpu,
                 names[i]);
        if (!bench_first_line(text, sizeof text, root, path))
            continue;
        const long long n = strtoll(text, &end, 10);
        if (end != text && n >= 0)
            sum = (sum < 0 ? 0 : sum) + n;
    }
    return sum;
}

/* Counts a loop of known length in user space, as PAPI would through the same call. */
static void ask_pmu(struct bench_facts *f)
{
    enum { ROUNDS = 10000, IN_A_ROUND = 66 };
    struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                   .size = sizeof attr,
                                   .config = PERF_COUNT_HW_INSTRUCTIONS | bench_perf_core_pmu("", f->cpu),
                                   .disabled = 1,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1};
    uint64_t counted;
    errno = 0;
    const long file = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    f->pmu_errno = file < 0 ? errno : 0;
    if (file < 0)
        return;
    ioctl((int)file, PERF_EVENT_IOC_ENABLE, 0);
    const bool ran = bench_adds(ROUNDS);
    ioctl((int)file, PERF_EVENT_IOC_DISABLE, 0);
    if (ran && read((int)file, &counted, sizeof counted) == (ssize_t)sizeof counted) {
        f->pmu_expected = (double)ROUNDS * IN_A_ROUND;
        f->pmu_counted = (double)counted;
    }
    close((int)file);
}

/*
 * Intel: leaf 0xA, version and counters. AMD: extended leaf 1, ECX bit 23, and leaf 0x80000022 (PerfMonV2).
 */
static void ask_cpuid(struct bench_facts *f)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    if (!strcmp(f->env.cpu_vendor, "AuthenticAMD") || !strcmp(f->env.cpu_vendor, "HygonGenuine")) {
        const bool extended = __get_cpuid(0x80000001, &a, &b, &c, &d) && (c >> 23 & 1);
        const bool v2 = __get_cpuid(0x80000022, &a, &b, &c, &d) && (a & 1);
        snprintf(f->pmu_cpuid, sizeof f->pmu_cpuid, "cpuid: %s, %s",
                 extended ? "six core counters" : "no extended core counters (PerfCtrExtCore)",
                 v2 ? "PerfMonV2" : "no PerfMonV2");
    } else if (__get_cpuid(0xa, &a, &b, &c, &d)) {
        snprintf(f->pmu_cpuid, sizeof f->pmu_cpuid, "cpuid leaf 0xA: version %u, %u counters", a & 255,
                 a >> 8 & 255);
    } else {
        snprintf(f->pmu_cpuid, sizeof f->pmu_cpuid, "cpuid has no leaf 0xA");
    }
#else
    (void)f;
#endif
}

static void ask_timer(struct bench_facts *f)
{
    enum { READS = 2000, TIMES = 9 };
    double each[TIMES], scratch[TIMES];
    for (int i = 0; i < TIMES; i++) {
        const uint64_t start = bench_clock_ns();
        for (int k = 1; k < READS; k++)
            bench_clock_ns();
        each[i] = bench_clock_since(start) / READS;
    }
    f->timer_ns = fmax(0, bench_median(each, TIMES, scratch));
    f->timer_step_ns = bench_clock_step();
}

void bench_facts_ask(struct bench_facts *f)
{
    const int persona = personality(0xffffffff);
    f->fixed_layout = persona >= 0 && (persona & ADDR_NO_RANDOMIZE);
    ask_pmu(f);
    ask_cpuid(f);
    ask_timer(f);
}
