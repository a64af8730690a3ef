/* SPDX-License-Identifier: MIT */
#include "harness/machine/events.h"

#include "harness/machine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The kernel makes /proc/stat anew for every read, with a number for each interrupt line. On large machines
 * that takes longer than a block of 20 ms can spare. (Two reads of this length are 0.4 % of it.)
 */
static const uint64_t most_ns = 40000;

static void remark(struct bench_sw *sw, const char *text, const char *why)
{
    const size_t used = strlen(sw->why);
    snprintf(sw->why + used, sizeof sw->why - used, "%s%s%s", used ? "; " : "", text, why);
}

/* Time stolen from `cpu` in ns, from the text of /proc/stat (proc(5): the eighth number of its line). */
static double steal_ns(int fd, int cpu)
{
    char text[16384], head[24];
    const ssize_t size = pread(fd, text, sizeof text - 1, 0);
    if (size <= 0)
        return NAN;
    text[size] = '\0';
    snprintf(head, sizeof head, "\ncpu%d ", cpu);
    const char *line = strstr(text, head);
    unsigned long long steal;
    if (!line || sscanf(line + strlen(head), "%*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
        return NAN;
    return (double)steal * (1e9 / (double)sysconf(_SC_CLK_TCK));
}

static double migrations(const struct bench_sw *sw)
{
    char text[8192];
    uint64_t count;
    if (sw->perf)
        return read(sw->migrations, &count, sizeof count) == (ssize_t)sizeof count ? (double)count : NAN;
    const ssize_t size = pread(sw->migrations, text, sizeof text - 1, 0);
    if (size <= 0)
        return NAN;
    text[size] = '\0';
    const char *at = strstr(text, "nr_migrations"), *colon = at ? strchr(at, ':') : NULL;
    return colon ? strtod(colon + 1, NULL) : NAN;
}

static void open_steal(struct bench_sw *sw, const char *root)
{
    char path[256], why[96];
    uint64_t best = UINT64_MAX;
    snprintf(path, sizeof path, "%s/proc/stat", root);
    sw->stat = open(path, O_RDONLY | O_CLOEXEC);
    if (sw->stat < 0) {
        remark(sw, "steal: cannot open /proc/stat: ", strerror(errno));
        return;
    }
    /* Somebody else's work only lengthens a read: one quick one is enough. */
    for (int i = 0; i < 100 && best > most_ns; i++) {
        const uint64_t start = bench_clock_ns();
        if (isnan(steal_ns(sw->stat, sw->cpu))) {
            snprintf(why, sizeof why, "no line of 8 numbers for cpu%d in /proc/stat", sw->cpu);
            break;
        }
        const uint64_t took = bench_clock_ns() - start;
        best = took < best ? took : best;
    }
    if (best <= most_ns)
        return;
    if (best < UINT64_MAX)
        snprintf(why, sizeof why, "reading /proc/stat takes %llu us here", (unsigned long long)(best / 1000));
    remark(sw, "steal: ", why);
    close(sw->stat);
    sw->stat = -1;
}

/* The kernel's own count; needs the right to count in kernel mode, where migrations happen. */
static int open_perf(void)
{
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_CPU_MIGRATIONS;
    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void open_migrations(struct bench_sw *sw, const char *root)
{
    char path[256];
    int denied = ENOSYS;
    if (!*root) {
        sw->migrations = open_perf();
        denied = errno;
        sw->perf = sw->migrations >= 0;
    }
    if (sw->perf)
        return;
    snprintf(path, sizeof path, "%s/proc/thread-self/sched", root);
    sw->migrations = open(path, O_RDONLY | O_CLOEXEC);
    if (sw->migrations >= 0 && !isnan(migrations(sw)))
        return;
    if (sw->migrations >= 0)
        close(sw->migrations);
    sw->migrations = -1;
    remark(sw,
           "migrations: seen only where a block ends on another CPU; perf_event_open: ", strerror(denied));
}

void bench_sw_open(const char *root, struct bench_sw *sw, int cpu)
{
    char path[256];
    *sw = (struct bench_sw){.cpu = cpu, .stat = -1, .migrations = -1};
    open_steal(sw, root);
    open_migrations(sw, root);
    snprintf(path, sizeof path, "%s/proc/thread-self/schedstat", root);
    sw->waits = open(path, O_RDONLY | O_CLOEXEC);
}

/* Its second number (Documentation/scheduler/sched-stats.rst of Linux). */
double bench_sw_waited(const struct bench_sw *sw)
{
    char text[96], *rest;
    const ssize_t size = sw->waits >= 0 ? pread(sw->waits, text, sizeof text - 1, 0) : 0;
    if (size <= 0)
        return 0;
    text[size] = '\0';
    strtoull(text, &rest, 10);
    return (double)strtoull(rest, NULL, 10);
}

void bench_sw_close(struct bench_sw *sw)
{
    if (sw->stat >= 0)
        close(sw->stat);
    if (sw->migrations >= 0)
        close(sw->migrations);
    if (sw->waits >= 0)
        close(sw->waits);
    sw->stat = sw->migrations = sw->waits = -1;
}

static void read_clocks(struct bench_sw_reading *r)
{
    struct timespec t;
    r->value[BENCH_EVENT_WALL] = (double)bench_clock_ns();
    r->value[BENCH_EVENT_TASK] =
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) ? NAN : (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void read_counts(const struct bench_sw *sw, struct bench_sw_reading *r)
{
    struct rusage u;
    const bool known = getrusage(RUSAGE_THREAD, &u) == 0;
    r->value[BENCH_EVENT_MINOR_FAULTS] = known ? (double)u.ru_minflt : NAN;
    r->value[BENCH_EVENT_MAJOR_FAULTS] = known ? (double)u.ru_majflt : NAN;
    r->value[BENCH_EVENT_VOLUNTARY] = known ? (double)u.ru_nvcsw : NAN;
    r->value[BENCH_EVENT_INVOLUNTARY] = known ? (double)u.ru_nivcsw : NAN;
    r->value[BENCH_EVENT_STEAL] = sw->stat >= 0 ? steal_ns(sw->stat, sw->cpu) : NAN;
    r->value[BENCH_EVENT_MIGRATIONS] = sw->migrations >= 0 ? migrations(sw) : NAN;
    r->cpu = sched_getcpu();
}

void bench_sw_begin(const struct bench_sw *sw, struct bench_sw_reading *begin)
{
    read_counts(sw, begin);
    read_clocks(begin);
}

void bench_sw_end(const struct bench_sw *sw, const struct bench_sw_reading *begin,
                  struct bench_events *events)
{
    struct bench_sw_reading end;
    read_clocks(&end);
    read_counts(sw, &end);
    *events = (struct bench_events){.recorded = true};
    for (int e = 0; e < BENCH_EVENT_COUNT; e++) {
        events->value[e] = end.value[e] - begin->value[e];
        if (events->value[e] < 0) /* steal has been seen to go backwards after a live migration of the VM */
            events->value[e] = 0;
    }
    if (sw->migrations < 0 && begin->cpu >= 0 && end.cpu >= 0)
        events->value[BENCH_EVENT_MIGRATIONS] = begin->cpu != end.cpu;
    events->disturbed = bench_sw_disturbed(events);
}

bool bench_sw_disturbed(const struct bench_events *events)
{
    const double *v = events->value;
    return v[BENCH_EVENT_INVOLUNTARY] > 0 || v[BENCH_EVENT_MAJOR_FAULTS] > 0 ||
           v[BENCH_EVENT_MIGRATIONS] > 0 || v[BENCH_EVENT_STEAL] > 0 ||
           v[BENCH_EVENT_WALL] - v[BENCH_EVENT_TASK] > 0.01 * v[BENCH_EVENT_WALL];
}
