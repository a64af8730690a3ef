/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/ceilings.h"

#include "harness/records/files/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int bench_ceilings_path(const char *fingerprint, char **path, struct qk_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const bool has_xdg = xdg && *xdg == '/';
    *path = NULL;
    if (!has_xdg && !(home && *home == '/'))
        return qk_fail(
            err, QK_ERR_IO, "cache",
            "neither XDG_CACHE_HOME nor HOME is an absolute path; there is no folder to keep ceilings in");
    if (asprintf(path, "%s%s/qkbench/ceilings-%s.json", has_xdg ? xdg : home, has_xdg ? "" : "/.cache",
                 fingerprint) >= 0)
        return 0;
    *path = NULL;
    return qk_fail(err, QK_ERR_MEMORY, "cache", "no memory for a path");
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

int bench_ceilings_store(const struct bench_ceilings *c, struct qk_error *err)
{
    struct bench_outfile file = {0};
    char *path;
    int code = bench_ceilings_path(c->env.fingerprint, &path, err);
    char *const folder_end = code ? NULL : strrchr(path, '/');
    if (folder_end) {
        *folder_end = '\0';
        code = bench_make_folder(path, err);
        *folder_end = '/';
    }
    if (!code)
        code = bench_outfile_open(&file, path, err);
    if (!code)
        code = bench_fields_write(&bench_ceilings_fields, c, "the ceilings", file.stream, err);
    if (!code)
        code = bench_outfile_commit(&file, err);
    bench_outfile_abort(&file);
    free(path);
    return code;
}
