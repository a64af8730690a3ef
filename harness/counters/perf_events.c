/* SPDX-License-Identifier: MIT */
/*
 * The kernel's generic hardware events. A kernel that knows the CPU can count them, even where no library has
 * a table of that CPU.
 */
#include "harness/counters/backend.h"

#include "harness/machine/system_files.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_MISSES(cache)                                                                                   \
    ((cache) | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct generic {
    const char *name;
    uint32_t type;
    uint64_t config;
} events[] = {
    {"perf::CYCLES", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {"perf::INSTRUCTIONS", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    {"perf::BRANCHES", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
    {"perf::BRANCH-MISSES", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
    {"perf::CACHE-REFERENCES", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
    {"perf::CACHE-MISSES", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {"perf::L1-DCACHE-LOAD-MISSES", PERF_TYPE_HW_CACHE, READ_MISSES(PERF_COUNT_HW_CACHE_L1D)},
    {"perf::LLC-LOAD-MISSES", PERF_TYPE_HW_CACHE, READ_MISSES(PERF_COUNT_HW_CACHE_LL)},
};

enum { SETS = 64 };

/*
 * As the kernel gives a group: its number of events, ns that it was enabled and that it counted, the counts.
 */
struct reading {
    uint64_t count, enabled, running, values[BENCH_SET_EVENTS_MAX];
};

static struct set {
    bool used;
    int count, files[BENCH_SET_EVENTS_MAX]; /* the first leads the group */
    const struct generic *events[BENCH_SET_EVENTS_MAX];
    struct reading before;
} sets[SETS];

static const struct generic *find(const char *event)
{
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (!strcmp(events[i].name, event))
            return &events[i];
    return NULL;
}

static int perf_open(char *why, size_t size)
{
    (void)why, (void)size;
    return 0;
}

static int component(const char *event, char *why, size_t size)
{
    if (find(event))
        return 0;
    snprintf(why, size, "perf_event_open: no generic event of the kernel serves it");
    return -1;
}

static int set_new(char *why, size_t size)
{
    for (int i = 0; i < SETS; i++)
        if (!sets[i].used) {
            sets[i] = (struct set){.used = true};
            return i;
        }
    snprintf(why, size, "perf_event_open: more than %d groups of events", SETS);
    return -1;
}

/* What to do about a refusal. */
static const char *remedy(int number, bool alone)
{
    char level[16];
    switch (number) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EOPNOTSUPP:
        return "the kernel has no such counter here; qkbench doctor says how to get one";
    case EACCES:
    case EPERM:
        return bench_first_line(level, sizeof level, "", "/proc/sys/kernel/perf_event_paranoid") &&
                       atoi(level) > 2
                   ? "perf_event_paranoid forbids it; sysctl kernel.perf_event_paranoid=2"
                   : "a security module or a container's seccomp filter forbids it; --cap-add PERFMON";
    case ENOSYS:
        return "the kernel, or a container's seccomp filter, does not have the call";
    case EMFILE:
    case ENFILE:
        return "a larger ulimit -n";
    case EINVAL:
        return alone ? "the kernel does not take this event" : "it does not fit beside the others";
    default:
        return "perf_event_open(2) knows the reason";
    }
}

static int refuse(char *why, size_t size, const char *event, const char *what)
{
    snprintf(why, size, "%s: perf_event_open: %s", event, what);
    return -1;
}

uint64_t bench_perf_core_pmu(const char *root, int cpu)
{
    static const char *const kinds[] = {"cpu_core", "cpu_atom", "cpu_lowpower"};
    char path[96], text[256];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "/sys/bus/event_source/devices/%s/cpus", kinds[i]);
        if (!bench_first_line(text, sizeof text, root, path) || !bench_list_has(text, cpu))
            continue;
        snprintf(path, sizeof path, "/sys/bus/event_source/devices/%s/type", kinds[i]);
        if (bench_first_line(text, sizeof text, root, path))
            return strtoull(text, NULL, 10) << PERF_PMU_TYPE_SHIFT;
    }
    return 0;
}

/* User mode only, which perf_event_paranoid 2 allows. Pinned: the group counts all the time or not at all. */
static int open_event(const struct generic *event, int leader)
{
    struct perf_event_attr attr = {.type = event->type,
                                   .size = sizeof attr,
                                   .config = event->config | bench_perf_core_pmu("", sched_getcpu()),
                                   .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                  PERF_FORMAT_TOTAL_TIME_RUNNING,
                                   .disabled = leader < 0,
                                   .pinned = leader < 0,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1};
    long file;
    do
        file = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
    while (file < 0 && errno == EINTR);
    return (int)file;
}

static int read_set(const struct set *s, struct reading *to, char *why, size_t size)
{
    const size_t expected = offsetof(struct reading, values) + (size_t)s->count * sizeof *to->values;
    const ssize_t got = read(s->files[0], to, expected);
    char text[120];
    if (got == (ssize_t)expected)
        return 0;
    if (got < 0)
        snprintf(text, sizeof text, "read: %s", strerror(errno));
    else if (got == 0)
        snprintf(text, sizeof text, "the group was not counted: others hold the counters");
    else
        snprintf(text, sizeof text, "read gave %zd bytes; expected %zu for %d events", got, expected,
                 s->count);
    return refuse(why, size, s->events[0]->name, text);
}

static int control(const struct set *s, unsigned long what, char *why, size_t size)
{
    return ioctl(s->files[0], what, 0) ? refuse(why, size, s->events[0]->name, strerror(errno)) : 0;
}

/* Times cannot be reset, so all is counted from what is read here. */
static int start(int set, char *why, size_t size)
{
    struct set *s = &sets[set];
    return read_set(s, &s->before, why, size) ? -1 : control(s, PERF_EVENT_IOC_ENABLE, why, size);
}

static int stop(int set, long long *values, char *why, size_t size)
{
    /* No core does as much as this in a ns. */
    static const double most = 1000;
    const struct set *s = &sets[set];
    struct reading now;
    char text[160];
    if (control(s, PERF_EVENT_IOC_DISABLE, why, size) || read_set(s, &now, why, size))
        return -1;
    const uint64_t enabled = now.enabled - s->before.enabled, running = now.running - s->before.running;
    if (running != enabled || !running) {
        snprintf(text, sizeof text, "multiplexed: counted for %llu ns of %llu", (unsigned long long)running,
                 (unsigned long long)enabled);
        return refuse(why, size, s->events[0]->name, text);
    }
    for (int i = 0; i < s->count; i++) {
        const uint64_t was = s->before.values[i], is = now.values[i];
        if (is < was)
            snprintf(text, sizeof text, "the count went back or overflowed: from %llu to %llu",
                     (unsigned long long)was, (unsigned long long)is);
        else if ((double)(is - was) > most * (double)running)
            snprintf(text, sizeof text, "no count: %llu in %llu ns", (unsigned long long)(is - was),
                     (unsigned long long)running);
        else
            continue;
        return refuse(why, size, s->events[i]->name, text);
    }
    for (int i = 0; i < s->count; i++)
        values[i] = (long long)(now.values[i] - s->before.values[i]);
    return 0;
}

/* The kernel may take a group that it can never count, as the watchdog holds a counter. So each is tried. */
static int set_add(int set, const char *event, char *why, size_t size)
{
    struct set *s = &sets[set];
    long long values[BENCH_SET_EVENTS_MAX];
    const struct generic *generic = find(event);
    const bool alone = s->count == 0;
    if (s->count == BENCH_SET_EVENTS_MAX)
        return refuse(why, size, event, "the group is full");
    const int file = open_event(generic, alone ? -1 : s->files[0]);
    if (file < 0) {
        const int number = errno;
        char text[200];
        snprintf(text, sizeof text, "%s: %s", strerror(number), remedy(number, alone));
        return refuse(why, size, event, text);
    }
    s->files[s->count] = file;
    s->events[s->count++] = generic;
    if (start(set, why, size) == 0 && stop(set, values, why, size) == 0)
        return 0;
    s->count--;
    close(file);
    /* Enabling ends a leader's state of error. */
    if (!alone && ioctl(s->files[0], PERF_EVENT_IOC_ENABLE, 0) == 0)
        ioctl(s->files[0], PERF_EVENT_IOC_DISABLE, 0);
    return -1;
}

static void set_free(int set)
{
    for (int i = sets[set].count; i-- > 0;)
        close(sets[set].files[i]);
    sets[set].used = false;
}

const struct bench_backend bench_perf_events = {
    BENCH_BACKEND_VERSION,
    "perf_event_open",
    perf_open,
    component,
    set_new,
    set_add,
    set_free,
    start,
    stop,
    NULL,
};
