/* SPDX-License-Identifier: MIT */
#include "harness/machine/pinning.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cpu_set_t *as_system(const struct bench_cpus *set)
{
    return (const cpu_set_t *)(const void *)set->bits;
}

int bench_cpus_allowed(struct bench_cpus *set, struct qk_error *err)
{
    memset(set, 0, sizeof *set);
    if (sched_getaffinity(0, sizeof set->bits, (cpu_set_t *)(void *)set->bits))
        return qk_fail(err, QK_ERR_IO, "CPUs", "cannot read which ones are allowed (sched_getaffinity): %s",
                       strerror(errno));
    return 0;
}

bool bench_cpus_use(const struct bench_cpus *set)
{
    return !sched_setaffinity(0, sizeof set->bits, as_system(set));
}

bool bench_cpus_use_one(int cpu)
{
    struct bench_cpus one = {{0}};
    if (cpu < 0 || cpu >= BENCH_CPUS_MAX) {
        errno = EINVAL;
        return false;
    }
    CPU_SET_S((size_t)cpu, sizeof one.bits, (cpu_set_t *)(void *)one.bits);
    return bench_cpus_use(&one);
}

bool bench_cpus_give_one(pid_t process, int cpu)
{
    struct bench_cpus one = {{0}};
    char path[40];
    bool given = cpu >= 0 && cpu < BENCH_CPUS_MAX;
    errno = given ? 0 : EINVAL;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)process);
    DIR *const threads = given ? opendir(path) : NULL;
    if (!threads)
        return false;
    bench_cpus_add(&one, cpu);
    for (const struct dirent *entry; given && (entry = readdir(threads));) {
        const long thread = strtol(entry->d_name, NULL, 10);
        if (thread > 0)
            given = !sched_setaffinity((pid_t)thread, sizeof one.bits, as_system(&one)) || errno == ESRCH;
    }
    const int why = errno;
    closedir(threads);
    errno = why;
    return given;
}

bool bench_cpus_has(const struct bench_cpus *set, int cpu)
{
    return cpu >= 0 && cpu < BENCH_CPUS_MAX && CPU_ISSET_S((size_t)cpu, sizeof set->bits, as_system(set));
}

void bench_cpus_add(struct bench_cpus *set, int cpu)
{
    CPU_SET_S((size_t)cpu, sizeof set->bits, (cpu_set_t *)(void *)set->bits);
}

size_t bench_cpus_count(const struct bench_cpus *set)
{
    return (size_t)CPU_COUNT_S(sizeof set->bits, as_system(set));
}

char *bench_cpus_list(const struct bench_cpus *set, char *to, size_t size)
{
    size_t used = 0;
    *to = '\0';
    for (int i = 0; i < BENCH_CPUS_MAX; i++) {
        char part[32];
        int last = i;
        if (!bench_cpus_has(set, i))
            continue;
        while (bench_cpus_has(set, last + 1))
            last++;
        int n = snprintf(part, sizeof part, "%s%d", used ? "," : "", i);
        if (last > i)
            n += snprintf(part + n, sizeof part - (size_t)n, "-%d", last);
        if (used + (size_t)n + sizeof "..." > size) {
            snprintf(to + used, size - used, "...");
            break;
        }
        memcpy(to + used, part, (size_t)n + 1);
        used += (size_t)n;
        i = last;
    }
    return to;
}

int bench_cpus_last(struct qk_error *err)
{
    struct bench_cpus allowed;
    int cpu = BENCH_CPUS_MAX - 1;
    const int code = bench_cpus_allowed(&allowed, err);
    while (!code && cpu > 0 && !bench_cpus_has(&allowed, cpu))
        cpu--;
    return code ? code : cpu;
}

/* With one CPU allowed the thread is pinned already, so a system that refuses to pin does no harm. */
static bool pin_to(const struct bench_cpus *allowed, int cpu)
{
    return bench_cpus_use_one(cpu) || bench_cpus_count(allowed) == 1;
}

int bench_pin(int cpu, struct qk_error *err)
{
    struct bench_cpus allowed;
    char list[200];
    int found = -1, last = -1, number = 0;
    const int code = bench_cpus_allowed(&allowed, err);
    if (code)
        return code;
    bench_cpus_list(&allowed, list, sizeof list);
    if (cpu >= 0 && !bench_cpus_has(&allowed, cpu))
        return qk_fail(err, QK_ERR_IO, "--cpu",
                       "CPU %d is not one this process may run on, or does not run; expected one of: %s", cpu,
                       list);
    /* One that is allowed may have been taken away since, or be a CPU that the system only speaks of. */
    for (int i = cpu >= 0 ? cpu : BENCH_CPUS_MAX - 1; i >= 0 && found < 0 && (cpu < 0 || i == cpu); i--) {
        if (!bench_cpus_has(&allowed, i))
            continue;
        if (pin_to(&allowed, i)) {
            found = i;
        } else if (!number) {
            number = errno;
            last = i;
        }
    }
    if (found < 0)
        return qk_fail(
            err, QK_ERR_IO, "--cpu",
            "the system refuses to pin this thread to CPU %d (sched_setaffinity): %s; allowed are %s", last,
            strerror(number), list);
    return found;
}

int bench_pin_again(int cpu, struct qk_error *err)
{
    struct qk_error why;
    const int now = sched_getcpu();
    if (now < 0 || now == cpu)
        return 0;
    const int code = bench_pin(cpu, &why);
    return code < 0 ? qk_fail(err, code, "CPUs",
                              "CPU %d was taken away from this process while it measured: %s", cpu, why.text)
                    : 0;
}
