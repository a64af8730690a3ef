/* SPDX-License-Identifier: MIT */
#include "harness/machine/system_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

FILE *bench_open_below(const char *root, const char *path)
{
    char whole[4096];
    const int n = snprintf(whole, sizeof whole, "%s%s", root, path);
    if (n < 0 || (size_t)n >= sizeof whole) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return fopen(whole, "re");
}

bool bench_first_line(char *to, size_t size, const char *root, const char *path)
{
    to[0] = '\0';
    FILE *f = bench_open_below(root, path);
    if (!f)
        return false;
    errno = 0;
    const bool got = fgets(to, (int)size, f) != NULL;
    const int number = errno;
    fclose(f);
    errno = number;
    to[strcspn(to, "\n")] = '\0';
    return got;
}

int bench_list_members(const char *list)
{
    int members = 0;
    while (*list) {
        char *end;
        const long first = strtol(list, &end, 10);
        long last = first;
        if (end == list || first < 0)
            return 0;
        if (*end == '-') {
            list = end + 1;
            last = strtol(list, &end, 10);
            if (end == list || last < first)
                return 0;
        }
        if (last - first >= 1 << 20 || members > 1 << 20)
            return 0;
        members += (int)(last - first) + 1;
        if (*end != ',')
            return *end ? 0 : members;
        list = end + 1;
    }
    return 0;
}

bool bench_list_has(const char *list, int n)
{
    while (*list) {
        char *end;
        const long first = strtol(list, &end, 10);
        long last = first;
        if (end == list)
            return false;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        if (n >= first && n <= last)
            return true;
        if (*end != ',')
            return false;
        list = end + 1;
    }
    return false;
}
