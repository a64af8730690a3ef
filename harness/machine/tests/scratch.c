/* SPDX-License-Identifier: MIT */
#include "harness/machine/tests/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char bench_test_dir[64];

int bench_test_dir_make(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(bench_test_dir, sizeof bench_test_dir, "%s/qkbench-XXXXXX",
             base && *base && strlen(base) <= 40 ? base : "/tmp");
    return mkdtemp(bench_test_dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int bench_test_dir_remove(void **state)
{
    (void)state;
    return nftw(bench_test_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

char *bench_test_path(const char *name)
{
    static char paths[16][320];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", bench_test_dir, name);
    return path;
}

void bench_test_put(const char *path, const void *bytes, size_t size)
{
    char folder[320];
    for (const char *end = path; (end = strchr(end + 1, '/'));) {
        snprintf(folder, sizeof folder, "%.*s", (int)(end - path), path);
        assert_true(!mkdir(folder, 0700) || errno == EEXIST);
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

char *bench_test_get(const char *path, size_t *size)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *size = (size_t)ftell(f);
    rewind(f);
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    bytes[*size] = '\0';
    fclose(f);
    return bytes;
}

int bench_test_entries(const char *folder)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}
