/* SPDX-License-Identifier: MIT */
#include "harness/cli/out.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && !S_ISCHR(a->st_mode);
}

static bool is_stdout(const char *path)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    struct stat named, is;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(path, names[i]))
            return true;
    return !stat(path, &named) && !fstat(STDOUT_FILENO, &is) && same_inode(&named, &is);
}

/* The folder a path is in, and its name there. */
static const char *in_folder(const char *path, struct stat *folder, bool *known)
{
    const char *const slash = strrchr(path, '/');
    char text[PATH_MAX] = ".";
    if (slash)
        snprintf(text, sizeof text, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    *known = !stat(text, folder);
    return slash ? slash + 1 : path;
}

bool cli_out_same(const char *a, const char *b)
{
    struct stat of_a, of_b;
    bool known_a, known_b;
    if (is_stdout(a) || is_stdout(b))
        return is_stdout(a) && is_stdout(b);
    const bool there_a = !stat(a, &of_a), there_b = !stat(b, &of_b);
    if (there_a || there_b)
        return there_a && there_b && same_inode(&of_a, &of_b);
    const char *const name_a = in_folder(a, &of_a, &known_a), *const name_b = in_folder(b, &of_b, &known_b);
    return known_a && known_b && same_inode(&of_a, &of_b) && !strcmp(name_a, name_b);
}

int cli_out_distinct(const struct cli_out *list, size_t count, struct qk_error *err)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && list[i].path; k++)
            if (list[k].path && cli_out_same(list[k].path, list[i].path))
                return qk_fail(err, QK_ERR_ARG, list[i].option,
                               "'%.200s' is the file that %s writes; each needs one of its own", list[i].path,
                               list[k].option);
    return 0;
}

int cli_out_spares(const struct cli_out *list, size_t count, const char *option, const char *path,
                   struct qk_error *err)
{
    for (size_t i = 0; i < count && path; i++)
        if (list[i].path && !access(path, F_OK) && cli_out_same(list[i].path, path))
            return qk_fail(err, QK_ERR_ARG, list[i].option,
                           "'%.200s' is what %s names; writing there would destroy it", list[i].path, option);
    return 0;
}

FILE *cli_out_text(const struct cli_out *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].path && is_stdout(list[i].path))
            return stderr;
    return stdout;
}

int cli_out_open(struct cli_out *list, size_t count, struct qk_error *err)
{
    int code = cli_out_distinct(list, count, err);
    for (size_t i = 0; i < count && !code; i++)
        if (list[i].path && is_stdout(list[i].path))
            list[i].file.stream = stdout;
        else if (list[i].path)
            code = bench_outfile_open(&list[i].file, list[i].path, err);
    return code;
}

int cli_out_commit(struct cli_out *list, size_t count, struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < count && !code; i++)
        if (list[i].file.stream == stdout) {
            list[i].file.stream = NULL;
            code = bench_written(stdout, "standard output", err);
        } else if (list[i].file.stream) {
            code = bench_outfile_commit(&list[i].file, err);
        }
    return code;
}

void cli_out_abort(struct cli_out *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].file.stream == stdout)
            list[i].file.stream = NULL;
        else
            bench_outfile_abort(&list[i].file);
}
