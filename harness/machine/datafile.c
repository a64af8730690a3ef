/* SPDX-License-Identifier: MIT */
#include "harness/machine/datafile.h"

#include "harness/machine/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int bench_data_path(const char *name, char *to, size_t size, struct qk_error *err)
{
    const char *set = getenv("QK_DATA");
    const bool only = set && *set;
    /* Empty in a package: the folder that it was built in is gone, or somebody else's. */
    const bool from_source = !only && QK_SOURCE_DIR[0] != '\0';
    const char *const folders[] = {only ? set : QK_DATADIR, from_source ? QK_SOURCE_DIR : NULL};
    for (size_t i = 0; i < 2 && folders[i]; i++) {
        const int n = snprintf(to, size, "%s/%s", folders[i], name);
        if (n < 0 || (size_t)n >= size)
            return qk_fail(err, QK_ERR_IO, name, "path of data file '%s' in '%s' is longer than %zu bytes",
                           name, folders[i], size);
        if (access(to, R_OK) == 0)
            return QK_OK;
        if (errno != ENOENT && errno != ENOTDIR)
            return qk_fail(err, QK_ERR_IO, name, "data file '%s' is not readable: %s", to, strerror(errno));
    }
    if (only)
        return qk_fail(err, QK_ERR_IO, name, "no data file '%s' in '%s', which QK_DATA names", name, set);
    return qk_fail(err, QK_ERR_IO, name, "no data file '%s' in '%s'%s%s%s; QK_DATA can name its folder", name,
                   QK_DATADIR, from_source ? " or '" : "", QK_SOURCE_DIR, from_source ? "'" : "");
}

void bench_program_folder(char *to, size_t size)
{
    const ssize_t n = readlink("/proc/self/exe", to, size - 1);
    to[n < 0 ? 0 : n] = '\0';
    char *slash = strrchr(to, '/');
    if (slash)
        *slash = '\0';
}
