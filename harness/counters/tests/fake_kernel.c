/* SPDX-License-Identifier: MIT */
#include "harness/counters/tests/fake_kernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fake_kernel fake_kernel;

enum { FILES = 256, LOOP = 1000000 };
static struct file {
    bool used, leads, on, error;
    enum fake_event event;
    int leader, members, member[16]; /* of a leader: files, in the order they were opened */
    uint64_t format, since, enabled, running, count;
} files[FILES];

static const double of_loop[FAKE_EVENTS] = {1.5 * LOOP, 2 * LOOP, LOOP, 0, 0, 0, 0, 0};
static const double of_call[FAKE_EVENTS] = {250, 1000, 100, 1, 40, 4, 8, 2};

void fake_kernel_reset(void)
{
    const int opened = fake_kernel.opened;
    fake_kernel = (struct fake_kernel){
        .mode = FAKE_COUNTS, .known_loop = 1, .room = 6, .seats = 6, .running = 1, .opened = opened};
}

/* A whole program under LD_PRELOAD tells of no calls: all that it counts is the known loop. */
static void __attribute__((constructor)) start_with_program(void)
{
    if (getenv("FAKE_KERNEL"))
        fake_kernel_reset();
}

static struct file *find(int fd)
{
    return fd >= 0 && fd < FILES && files[fd].used ? &files[fd] : NULL;
}

/* The raw events are those of AMD's family 17h, which the test tells libpfm to take. */
static int event_of(const struct perf_event_attr *attr)
{
    const uint64_t config = attr->config & UINT32_MAX;
    if (attr->type == PERF_TYPE_HW_CACHE)
        return (config & 255) == PERF_COUNT_HW_CACHE_L1D ? FAKE_L1D : FAKE_LLC;
    if (attr->type == PERF_TYPE_RAW)
        return (config & 255) == 0x76   ? FAKE_CYCLES
               : (config & 255) == 0xc0 ? FAKE_INSTRUCTIONS
               : (config & 255) == 0xc2 ? FAKE_BRANCHES
               : (config & 255) == 0xc3 ? FAKE_BRANCH_MISSES
                                        : -1;
    static const int hardware[] = {FAKE_CYCLES, FAKE_INSTRUCTIONS, FAKE_REFERENCES,
                                   FAKE_MISSES, FAKE_BRANCHES,     FAKE_BRANCH_MISSES};
    return attr->type == PERF_TYPE_HARDWARE && config < 6 ? hardware[config] : -1;
}

static long open_event(const struct perf_event_attr *attr, int leader)
{
    const int event = event_of(attr);
    int failed = event < 0 ? ENOENT : attr->exclude_kernel ? fake_kernel.refused[event] : EACCES;
    if (!failed && leader >= 0)
        failed = !find(leader) ? EBADF : files[leader].members >= fake_kernel.room ? EINVAL : 0;
    fake_kernel.asked++;
    /* Its pages say that counters cannot be read without a system call. */
    const int fd = failed ? -1 : memfd_create("perf event", MFD_CLOEXEC);
    if (failed || fd >= FILES || ftruncate(fd, 1 << 16)) {
        errno = failed ? failed : EMFILE;
        return -1;
    }
    files[fd] = (struct file){.used = true,
                              .leads = leader < 0,
                              .event = (enum fake_event)event,
                              .leader = leader < 0 ? fd : leader,
                              .format = attr->read_format,
                              .count = 77};
    struct file *first = &files[files[fd].leader];
    first->member[first->members++] = fd;
    fake_kernel.opened++;
    return fd;
}

static void enable(int fd)
{
    struct file *f = &files[fd];
    f->on = true;
    f->error = f->members > fake_kernel.seats;
    f->since = fake_kernel.calls;
}

static void advance(struct file *f, uint64_t calls)
{
    const enum fake_ill ill = calls || !fake_kernel.only_calls ? fake_kernel.ill[f->event] : FAKE_WELL;
    double counted = calls ? of_call[f->event] * (double)calls : of_loop[f->event];
    if (!calls && f->event == FAKE_INSTRUCTIONS)
        counted *= fake_kernel.known_loop;
    if (ill == FAKE_WELL)
        f->count += (uint64_t)counted;
    else if (ill == FAKE_BACK)
        f->count -= 3;
    else if (ill == FAKE_OVERFLOW)
        f->count = (uint64_t)counted % 50;
    else if (ill == FAKE_ABSURD)
        f->count += UINT64_C(1) << 63;
}

/* What was counted since the group was enabled: once, when it is read (PAPI) or disabled. */
static void settle(int fd)
{
    struct file *leader = &files[fd];
    const uint64_t calls = fake_kernel.calls - leader->since, ns = fake_kernel.timeless ? 0
                                                                   : calls              ? 1000 * calls
                                                                                        : 300000;
    for (int i = 0; i < leader->members && leader->on && !leader->error; i++) {
        struct file *f = &files[leader->member[i]];
        advance(f, calls);
        f->enabled += ns;
        f->running += (uint64_t)((double)ns * fake_kernel.running);
    }
    leader->on = false;
}

static ssize_t read_group(int fd, void *to, size_t size)
{
    uint64_t words[3 + 16];
    size_t n = 0;
    const struct file *leader = &files[fd];
    if (leader->error)
        return 0;
    settle(fd);
    const bool group = leader->format & PERF_FORMAT_GROUP;
    if (group)
        words[n++] = (uint64_t)leader->members;
    else
        words[n++] = leader->count;
    if (leader->format & PERF_FORMAT_TOTAL_TIME_ENABLED)
        words[n++] = leader->enabled;
    if (leader->format & PERF_FORMAT_TOTAL_TIME_RUNNING)
        words[n++] = leader->running;
    for (int i = 0; i < leader->members && group; i++)
        words[n++] = files[leader->member[i]].count;
    size_t bytes = n * sizeof *words - (size_t)fake_kernel.short_read;
    bytes = bytes < size ? bytes : size;
    memcpy(to, words, bytes);
    return (ssize_t)bytes;
}

/* What the C library has under this name, into a pointer to a function. */
static void find_real(void *to, const char *name)
{
    void *at = dlsym(RTLD_NEXT, name);
    memcpy(to, &at, sizeof at);
}

long syscall(long number, ...)
{
    static long (*next)(long, long, long, long, long, long, long);
    long a[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (!next)
        find_real(&next, "syscall");
    if (number != SYS_perf_event_open || fake_kernel.mode == FAKE_OFF)
        return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    struct perf_event_attr attr = *(const struct perf_event_attr *)a[0];
    if (attr.type == PERF_TYPE_SOFTWARE || fake_kernel.mode == FAKE_SOFTWARE) {
        attr.type = PERF_TYPE_SOFTWARE;
        if (fake_kernel.mode == FAKE_SOFTWARE)
            attr.config = PERF_COUNT_SW_TASK_CLOCK;
        return next(number, (long)&attr, a[1], a[2], a[3], a[4], a[5]);
    }
    return open_event(&attr, (int)a[3]);
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*next)(int, unsigned long, void *);
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (!next)
        find_real(&next, "ioctl");
    if (!find(fd))
        return next(fd, request, argument);
    if (request == PERF_EVENT_IOC_ENABLE)
        enable(fd);
    else if (request == PERF_EVENT_IOC_DISABLE)
        settle(fd);
    else if (request == PERF_EVENT_IOC_RESET)
        for (int i = 0; i < files[fd].members; i++)
            files[files[fd].member[i]].count = 0;
    return 0;
}

ssize_t read(int fd, void *to, size_t size)
{
    static ssize_t (*next)(int, void *, size_t);
    if (!next)
        find_real(&next, "read");
    return find(fd) ? read_group(fd, to, size) : next(fd, to, size);
}

int close(int fd)
{
    static int (*next)(int);
    if (!next)
        find_real(&next, "close");
    if (find(fd)) {
        struct file *leader = &files[files[fd].leader];
        files[fd].used = false;
        fake_kernel.opened--;
        /* What is closed is the newest of its group, or the group goes with it. */
        leader->members -= leader->members && leader->member[leader->members - 1] == fd;
    }
    return next(fd);
}
