/* SPDX-License-Identifier: MIT */
#include "harness/doctor/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Limits on the way from a process's own cgroup to the root: each is a limit, so the least counts. */
struct walk {
    const struct bench_facts *facts;
    bool v2;
    double least;
    int seen; /* cgroups whose files could be read */
};
typedef void visit_fn(struct walk *w, const char *folder);

static bool number_in(const struct walk *w, double *to, const char *folder, const char *name)
{
    char text[64], *end;
    if (!bench_facts_line(w->facts, text, sizeof text, "%s/%s", folder, name))
        return false;
    *to = strtod(text, &end);
    return end != text;
}

/* Version 2: "max 100000" or "150000 100000" (us of CPU time in us). Version 1: -1 is none. */
static void visit_cpu(struct walk *w, const char *folder)
{
    double quota = -1, period = 100000;
    char text[64];
    if (w->v2) {
        if (!bench_facts_line(w->facts, text, sizeof text, "%s/cpu.max", folder))
            return;
        if (strncmp(text, "max", 3) != 0 && sscanf(text, "%lf %lf", &quota, &period) < 1)
            return;
    } else if (!number_in(w, &quota, folder, "cpu.cfs_quota_us")) {
        return;
    } else {
        number_in(w, &period, folder, "cpu.cfs_period_us");
    }
    w->seen++;
    if (quota > 0 && period > 0)
        w->least = fmin(w->least, quota / period);
}

/* "inactive_file 123": cached files that the kernel drops before anything else. */
static double droppable(const struct walk *w, const char *folder)
{
    const char *const key = w->v2 ? "inactive_file " : "total_inactive_file ";
    char path[320], line[128];
    double bytes = 0;
    snprintf(path, sizeof path, "%.280s/memory.stat", folder);
    FILE *file = bench_open_below(w->facts->root, path);
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key)))
            bytes = strtod(line + strlen(key), NULL);
    if (file)
        fclose(file);
    return bytes;
}

static void visit_memory(struct walk *w, const char *folder)
{
    double limit, used;
    if (number_in(w, &limit, folder, w->v2 ? "memory.max" : "memory.limit_in_bytes") &&
        number_in(w, &used, folder, w->v2 ? "memory.current" : "memory.usage_in_bytes")) {
        w->seen++;
        w->least = fmin(w->least, fmax(0, limit - used + droppable(w, folder)));
    }
}

/* A container may see its cgroup's path but have only its own part mounted: folders that are not there are passed. */
static void climb(struct walk *w, const char *mount, char *path, visit_fn *visit)
{
    char folder[300];
    for (;;) {
        snprintf(folder, sizeof folder, "%.60s%.220s", mount, strcmp(path, "/") != 0 ? path : "");
        visit(w, folder);
        char *slash = strrchr(path, '/');
        if (!slash || !*path)
            return;
        *slash = '\0';
    }
}

/* Is the word in "cpu,cpuacct"? */
static bool controls(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == n && !strncmp(list, word, n))
            return true;
    return false;
}

/* cgroups(7): lines "3:cpu,cpuacct:/path" of version 1, "0::/path" of version 2. False without /proc/self/cgroup. */
static bool walk_up(struct walk *w, const char *controller, visit_fn *visit)
{
    FILE *file = bench_open_below(w->facts->root, "/proc/self/cgroup");
    char *line = NULL, mount[80];
    size_t room = 0;
    w->least = INFINITY;
    while (file && getline(&line, &room, file) > 0) {
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        list++;
        path[strcspn(path, "\n")] = '\0';
        w->v2 = !*list;
        if (!w->v2 && !controls(list, controller))
            continue;
        snprintf(mount, sizeof mount, "/sys/fs/cgroup%s%.40s", *list ? "/" : "", list);
        climb(w, mount, path, visit);
    }
    free(line);
    if (file)
        fclose(file);
    return file;
}

double bench_cgroup_cpus(const struct bench_facts *f, char *why, size_t size)
{
    struct walk w = {.facts = f};
    if (walk_up(&w, "cpu", visit_cpu) && w.seen)
        return w.least;
    snprintf(why, size, "%s", "no cgroup above this process shows cpu.max or cpu.cfs_quota_us");
    return NAN;
}

double bench_memory_free(const struct bench_facts *f)
{
    struct walk w = {.facts = f};
    FILE *file = bench_open_below(f->root, "/proc/meminfo");
    char line[128];
    double kib, bytes = NAN;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %lf kB", &kib) == 1)
            bytes = kib * 1024;
    if (file)
        fclose(file);
    walk_up(&w, "memory", visit_memory);
    return w.seen ? fmin(bytes, w.least) : bytes; /* fmin passes a NaN over */
}
