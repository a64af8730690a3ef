/* SPDX-License-Identifier: MIT */
#include "baselines/stored/baseline.h"

#include "harness/records/files/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int baseline_folder(char to[BASELINE_PATH], const char *dir, struct qk_error *err)
{
    const char *set = getenv("QK_BASELINES"), *from = dir ? dir : set && *set ? set : "baselines/data";
    if (dir && !*dir)
        return qk_fail(err, QK_ERR_ARG, "--dir", "an empty text is no folder");
    if (!dir && !(set && *set) && !is_folder(from))
        return qk_fail(err, QK_ERR_ARG, "baselines",
                       "no folder of baselines: QK_BASELINES is %s, and there is no baselines/data below the "
                       "current directory; name one with --dir",
                       set ? "empty" : "not set");
    if (snprintf(to, BASELINE_PATH, "%s", from) >= BASELINE_PATH)
        return qk_fail(err, QK_ERR_ARG, "--dir", "a path of %zu bytes; at most %d", strlen(from),
                       BASELINE_PATH - 1);
    return 0;
}

/* What there is of this machine, else how many there are of others. */
static int no_such(const char *folder, const struct bench_environment *env, const char *name,
                   struct qk_error *err)
{
    char machine[80], there[300] = "";
    struct baseline_entry *list = NULL;
    size_t count = 0;
    baseline_machine(env, machine);
    const int code = baseline_list(&list, &count, folder, NULL, err);
    if (code)
        return code;
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(there);
        if (!strcmp(list[i].machine, machine) && used + 70 < sizeof there)
            snprintf(there + used, sizeof there - used, " %s", list[i].name);
    }
    free(list);
    if (!*there)
        return qk_fail(err, QK_ERR_INVALID, folder,
                       "no baseline '%s' of %s; there is none of this machine (%zu of others); `baseline "
                       "save %s` makes one",
                       name, machine, count, name);
    return qk_fail(err, QK_ERR_INVALID, folder, "no baseline '%s' of %s; there are:%s", name, machine, there);
}

int baseline_load(struct baseline *b, const char *folder, const struct bench_environment *env,
                  const char *name, struct qk_error *err)
{
    char path[BASELINE_PATH];
    struct stat st;
    int code = baseline_path(path, folder, env, name, err);
    if (code)
        return code;
    const bool seen = stat(path, &st) == 0;
    if (!seen && (errno == ENOENT || errno == ENOTDIR))
        return no_such(folder, env, name, err);
    if (seen && !S_ISREG(st.st_mode))
        return qk_fail(err, QK_ERR_IO, path, "a folder, a pipe or a device, expected a file");
    code = baseline_read(b, path, err);
    if (code || !strcmp(b->name, name))
        return code;
    code = qk_fail(err, QK_ERR_FORMAT, "$.name", "%s: found \"%s\", expected \"%s\", as the file is called",
                   path, b->name, name);
    baseline_free(b);
    return code;
}

/* to[] becomes the path, and its folder is made. */
static int open_file(struct bench_outfile *file, char to[BASELINE_PATH], const char *folder,
                     const struct bench_environment *env, const char *name, struct qk_error *err)
{
    int code = baseline_path(to, folder, env, name, err);
    if (code)
        return code;
    char *slash = strrchr(to, '/');
    *slash = '\0';
    code = bench_make_folder(to, err);
    *slash = '/';
    return code ? code : bench_outfile_open(file, to, err);
}

int baseline_can_save(const char *folder, const struct bench_environment *env, const char *name,
                      struct qk_error *err)
{
    struct bench_outfile file = {0};
    char path[BASELINE_PATH];
    const int code = open_file(&file, path, folder, env, name, err);
    bench_outfile_abort(&file);
    if (!code) {
        *strrchr(path, '/') = '\0';
        rmdir(path); /* when nothing is in it */
    }
    return code;
}

int baseline_save(const struct baseline *b, const char *folder, char to[BASELINE_PATH], struct qk_error *err)
{
    struct bench_outfile file = {0};
    int code = open_file(&file, to, folder, &b->env, b->name, err);
    if (!code)
        code = baseline_write(b, file.stream, err);
    if (!code)
        code = bench_outfile_commit(&file, err);
    bench_outfile_abort(&file);
    return code;
}

static int by_machine_and_name(const void *a, const void *b)
{
    const struct baseline_entry *x = a, *y = b;
    const int order = strcmp(x->machine, y->machine);
    return order ? order : strcmp(x->name, y->name);
}

/* What is no file <name>.json with a name that save gives is somebody else's. */
static int add_file(struct baseline_entry **list, size_t *count, const char *folder, const char *machine,
                    const char *file, struct qk_error *err)
{
    struct baseline_entry e;
    struct stat st;
    const size_t n = strlen(file);
    if (n < 6 || n - 5 >= sizeof e.name || strcmp(file + n - 5, ".json") != 0)
        return 0;
    snprintf(e.name, sizeof e.name, "%.*s", (int)(n - 5), file);
    const int written = snprintf(e.path, sizeof e.path, "%s/%s/%s", folder, machine, file);
    if (baseline_check_name(e.name, NULL) || written < 0 || (size_t)written >= sizeof e.path ||
        (stat(e.path, &st) == 0 && !S_ISREG(st.st_mode)))
        return 0;
    snprintf(e.machine, sizeof e.machine, "%s", machine);
    struct baseline_entry *more = reallocarray(*list, *count + 1, sizeof *more);
    if (!more)
        return qk_fail(err, QK_ERR_MEMORY, folder, "no memory for %zu baselines", *count + 1);
    *list = more;
    more[(*count)++] = e;
    return 0;
}

static int add_machine(struct baseline_entry **list, size_t *count, const char *folder, const char *machine,
                       struct qk_error *err)
{
    char path[BASELINE_PATH];
    int code = 0;
    if (*machine == '.' || strlen(machine) >= 80 ||
        snprintf(path, sizeof path, "%s/%s", folder, machine) >= (int)sizeof path || !is_folder(path))
        return 0;
    DIR *dir = opendir(path);
    if (!dir)
        return qk_fail(err, QK_ERR_IO, path, "cannot read the folder: %s", strerror(errno));
    for (struct dirent *e; !code && (e = readdir(dir));)
        code = add_file(list, count, folder, machine, e->d_name, err);
    closedir(dir);
    return code;
}

int baseline_list(struct baseline_entry **list, size_t *count, const char *folder, const char *machine,
                  struct qk_error *err)
{
    int code = 0;
    *list = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return qk_fail(err, QK_ERR_IO, folder,
                       "cannot read the folder of baselines: %s; `baseline save` makes it, --dir or "
                       "QK_BASELINES names another",
                       strerror(errno));
    for (struct dirent *e; !code && (e = readdir(dir));)
        if (!machine || !strcmp(machine, e->d_name))
            code = add_machine(list, count, folder, e->d_name, err);
    closedir(dir);
    if (code) {
        free(*list);
        *list = NULL;
        *count = 0;
    } else if (*count) {
        qsort(*list, *count, sizeof **list, by_machine_and_name);
    }
    return code;
}
