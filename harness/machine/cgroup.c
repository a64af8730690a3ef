/* SPDX-License-Identifier: MIT */
#include "harness/machine/cgroup.h"

#include "harness/machine/system_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDER = 2048 };

struct walk {
    const char *root;
    bool v2;
    double least;
    int seen;         /* groups whose files could be read */
    char who[FOLDER]; /* the file with the least */
};
typedef void visit_fn(struct walk *w, const char *folder);

static bool line_of(const struct walk *w, char *to, size_t size, const char *folder, const char *name)
{
    char path[FOLDER + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return bench_first_line(to, size, w->root, path);
}

/* A number of at least 0. "max", what no number can be, and no file are false. */
static bool number_in(const struct walk *w, double *to, const char *folder, const char *name)
{
    char text[64], *end;
    if (!line_of(w, text, sizeof text, folder, name))
        return false;
    *to = strtod(text, &end);
    return end != text && isfinite(*to) && *to >= 0;
}

/* Version 2: "max 100000" or "150000 100000" (us of CPU time in us). Version 1: -1 is none. */
static void visit_cpu(struct walk *w, const char *folder)
{
    double quota = -1, period = 100000;
    char text[64];
    if (w->v2) {
        if (!line_of(w, text, sizeof text, folder, "cpu.max"))
            return;
        if (strncmp(text, "max", 3) != 0 && sscanf(text, "%lf %lf", &quota, &period) < 1)
            return;
    } else if (!line_of(w, text, sizeof text, folder, "cpu.cfs_quota_us")) {
        return;
    } else {
        quota = strtod(text, NULL);
        number_in(w, &period, folder, "cpu.cfs_period_us");
    }
    w->seen++;
    if (quota > 0 && period > 0)
        w->least = fmin(w->least, quota / period);
}

/*
 * Cached files, which the kernel drops before it kills anybody. A model's file that is mapped is among them.
 */
static double droppable(const struct walk *w, const char *folder)
{
    static const char *const keys[][2] = {{"total_inactive_file ", "total_active_file "},
                                          {"inactive_file ", "active_file "}};
    char path[FOLDER + 64], line[128];
    double bytes = 0;
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    FILE *file = bench_open_below(w->root, path);
    while (file && fgets(line, sizeof line, file))
        for (int k = 0; k < 2; k++) {
            const char *const key = keys[w->v2][k];
            const double n = strncmp(line, key, strlen(key)) ? 0 : strtod(line + strlen(key), NULL);
            bytes += isfinite(n) && n > 0 ? n : 0;
        }
    if (file)
        fclose(file);
    return bytes;
}

/* memory.high does not kill, but lets a process crawl. memsw is memory and swap together. */
static void visit_memory(struct walk *w, const char *folder)
{
    static const struct {
        bool v2;
        const char *limit, *used;
    } files[] = {{true, "memory.max", "memory.current"},
                 {true, "memory.high", "memory.current"},
                 {false, "memory.limit_in_bytes", "memory.usage_in_bytes"},
                 {false, "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        double limit, used;
        if (files[i].v2 != w->v2 || !number_in(w, &limit, folder, files[i].limit) ||
            !number_in(w, &used, folder, files[i].used))
            continue;
        const double left = fmax(0, limit - fmax(0, used - droppable(w, folder)));
        w->seen++;
        if (left >= w->least)
            continue;
        w->least = left;
        snprintf(w->who, sizeof w->who, "%s of %.1900s", files[i].limit, folder);
    }
}

/*
 * A container may see its cgroup's path but have only its own part mounted: folders that are not there are
 * passed.
 */
static void climb(struct walk *w, const char *mount, char *path, visit_fn *visit)
{
    char folder[FOLDER];
    for (;;) {
        snprintf(folder, sizeof folder, "%.60s%.1900s", mount, strcmp(path, "/") != 0 ? path : "");
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

/*
 * cgroups(7): lines "3:cpu,cpuacct:/path" of version 1, "0::/path" of version 2. False without
 * /proc/self/cgroup.
 */
static bool walk_up(struct walk *w, const char *controller, visit_fn *visit)
{
    FILE *file = bench_open_below(w->root, "/proc/self/cgroup");
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
        /* Where version 1 is there as well, version 2 has a folder of its own. */
        char *const again = w->v2 ? strdup(path) : NULL;
        snprintf(mount, sizeof mount, "/sys/fs/cgroup%s%.40s", *list ? "/" : "", list);
        climb(w, mount, path, visit);
        if (again)
            climb(w, "/sys/fs/cgroup/unified", again, visit);
        free(again);
    }
    free(line);
    if (file)
        fclose(file);
    return file;
}

double bench_cgroup_cpus(const char *root, char *why, size_t size)
{
    struct walk w = {.root = root};
    if (walk_up(&w, "cpu", visit_cpu) && w.seen)
        return w.least;
    snprintf(why, size, "%s", "no cgroup above this process shows cpu.max or cpu.cfs_quota_us");
    return NAN;
}

double bench_cgroup_memory(const char *root, char *who, size_t size)
{
    struct walk w = {.root = root};
    walk_up(&w, "memory", visit_memory);
    snprintf(who, size, "%s", w.who);
    return w.least;
}
