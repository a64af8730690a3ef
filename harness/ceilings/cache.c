/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/ceilings.h"

#include "harness/records/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "FOLDER/qkbench", to be freed. */
static int cache_folder(char **folder, struct qk_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    *folder = NULL;
    if (xdg && *xdg == '/')
        n = asprintf(folder, "%s/qkbench", xdg);
    else if (home && *home == '/')
        n = asprintf(folder, "%s/.cache/qkbench", home);
    else
        return qk_fail(
            err, QK_ERR_IO, "cache",
            "neither XDG_CACHE_HOME nor HOME is an absolute path; there is no folder to keep ceilings in");
    if (n >= 0)
        return 0;
    *folder = NULL;
    return qk_fail(err, QK_ERR_MEMORY, "cache", "no memory for a path");
}

int bench_ceilings_path(const char *fingerprint, char **path, struct qk_error *err)
{
    char *folder;
    int code = cache_folder(&folder, err);
    *path = NULL;
    if (!code && asprintf(path, "%s/ceilings-%s.json", folder, fingerprint) < 0) {
        *path = NULL;
        code = qk_fail(err, QK_ERR_MEMORY, "cache", "no memory for a path");
    }
    free(folder);
    return code;
}

int bench_ceilings_load(struct bench_ceilings *c, const char *fingerprint, bool *found, struct qk_error *err)
{
    char *path;
    *found = false;
    int code = bench_ceilings_path(fingerprint, &path, err);
    if (code == QK_ERR_IO)
        return 0;
    if (!code && (access(path, F_OK) == 0 || errno != ENOENT)) {
        code = bench_ceilings_read_json(c, path, err);
        if (!code && strcmp(c->env.fingerprint, fingerprint) != 0) {
            code = qk_fail(err, QK_ERR_FORMAT, "$.fingerprint.hash", "%s: found \"%s\", expected \"%s\"",
                           path, c->env.fingerprint, fingerprint);
            bench_ceilings_free(c);
        }
        *found = !code;
    }
    free(path);
    return code;
}

int bench_ceilings_copy(const char *fingerprint, FILE *to, struct qk_error *err)
{
    char *path, buffer[4096];
    int code = bench_ceilings_path(fingerprint, &path, err);
    FILE *from = code ? NULL : fopen(path, "re");
    if (!code && !from)
        code = qk_fail(err, QK_ERR_IO, path, "cannot read: %s", strerror(errno));
    for (size_t n; from && (n = fread(buffer, 1, sizeof buffer, from)) > 0;)
        fwrite(buffer, 1, n, to);
    if (from && ferror(from))
        code = qk_fail(err, QK_ERR_IO, path, "cannot read: %s", strerror(errno));
    if (from)
        fclose(from);
    free(path);
    return code;
}

int bench_ceilings_store(const struct bench_ceilings *c, struct qk_error *err)
{
    struct bench_outfile file = {0};
    char *folder, *path = NULL;
    int code = cache_folder(&folder, err);
    if (!code)
        code = bench_make_folder(folder, err);
    if (!code)
        code = bench_ceilings_path(c->env.fingerprint, &path, err);
    if (!code)
        code = bench_outfile_open(&file, path, err);
    if (!code)
        code = bench_fields_write(&bench_ceilings_fields, c, "the ceilings", file.stream, err);
    if (!code)
        code = bench_outfile_commit(&file, err);
    bench_outfile_abort(&file);
    free(path);
    free(folder);
    return code;
}
