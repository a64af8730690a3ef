/* SPDX-License-Identifier: MIT */
#include "harness/records/kept.h"

#include "harness/records/files/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int bench_kept_path(const char *kind, const char *fingerprint, char **path, struct qk_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const bool has_xdg = xdg && *xdg == '/';
    *path = NULL;
    if (!has_xdg && !(home && *home == '/'))
        return qk_fail(
            err, QK_ERR_IO, "cache",
            "neither XDG_CACHE_HOME nor HOME is an absolute path; there is no folder to keep %s in", kind);
    if (asprintf(path, "%s%s/qkbench/%s-%s.json", has_xdg ? xdg : home, has_xdg ? "" : "/.cache", kind,
                 fingerprint) >= 0)
        return 0;
    *path = NULL;
    return qk_fail(err, QK_ERR_MEMORY, "cache", "no memory for a path");
}

int bench_kept_load(const struct bench_kept *kept, void *record, const char *fingerprint, bool *found,
                    struct qk_error *err)
{
    const char *const read = (const char *)record + kept->fingerprint;
    char *path;
    *found = false;
    int code = bench_kept_path(kept->kind, fingerprint, &path, err);
    if (code == QK_ERR_IO)
        return 0;
    if (!code && (access(path, F_OK) == 0 || errno != ENOENT)) {
        code = bench_fields_read(kept->fields, path, record, err);
        if (!code && strcmp(read, fingerprint) != 0)
            code = qk_fail(err, QK_ERR_FORMAT, "$.fingerprint.hash", "%s: found \"%s\", expected \"%s\"",
                           path, read, fingerprint);
        *found = !code;
    }
    free(path);
    return code;
}

int bench_kept_store(const struct bench_kept *kept, const void *record, struct qk_error *err)
{
    struct bench_outfile file = {0};
    char *path;
    int code = bench_kept_path(kept->kind, (const char *)record + kept->fingerprint, &path, err);
    char *const folder_end = code ? NULL : strrchr(path, '/');
    if (folder_end) {
        *folder_end = '\0';
        code = bench_make_folder(path, err);
        *folder_end = '/';
    }
    if (!code)
        code = bench_outfile_open(&file, path, err);
    if (!code)
        code = bench_fields_write(kept->fields, record, kept->kind, file.stream, err);
    if (!code)
        code = bench_outfile_commit(&file, err);
    bench_outfile_abort(&file);
    free(path);
    return code;
}
