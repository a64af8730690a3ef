/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"

#include "harness/duet/duet.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder `up` levels above a path, in place. */
static bool climb(char *path, int up)
{
    char *slash = NULL;
    for (; up && (slash = strrchr(path, '/')); up--)
        *slash = '\0';
    return slash && *path;
}

bool cli_gate_tree(const char *module, char tree[PATH_MAX])
{
    char build[PATH_MAX], info[PATH_MAX + 32];
    if (!realpath(module, build) || !climb(build, 2))
        return false;
    snprintf(info, sizeof info, "%s/meson-info/meson-info.json", build);
    json_t *const json = json_load_file(info, 0, NULL);
    const char *source = NULL;
    json_unpack(json, "{s:{s:s}}", "directories", "source", &source);
    const bool known = source && realpath(source, tree);
    json_decref(json);
    return known;
}

/* Where the names that readers know begin: the checkout the tree is in, or the tree. */
static size_t root_length(const char *tree)
{
    char at[PATH_MAX], git[PATH_MAX + 8];
    snprintf(at, sizeof at, "%s", tree);
    do {
        snprintf(git, sizeof git, "%s/.git", at);
        if (access(git, F_OK) == 0)
            return strlen(at);
    } while (climb(at, 1));
    return strlen(tree);
}

void cli_gate_sources(const struct cli_gate *o, struct baseline_report *report)
{
    char own[PATH_MAX], tree[PATH_MAX], file[2 * PATH_MAX];
    if (o->e2e.path)
        return;
    const char *module = o->candidate.path;
    if (!module && !bench_module_own(own, sizeof own, NULL))
        module = own;
    if (!module || !cli_gate_tree(module, tree))
        return;
    const size_t root = root_length(tree);
    for (size_t i = 0; i < report->count; i++) {
        struct baseline_result *const res = &report->results[i];
        const char *const slash = strchr(res->name, '/');
        if (!slash)
            continue;
        const size_t row = (size_t)(slash - res->name) + 1 + strcspn(slash + 1, "/");
        snprintf(file, sizeof file, "%s/kernels/%.*s.c", tree, (int)row, res->name);
        if (access(file, F_OK) == 0 && strlen(file + root + 1) < sizeof res->source)
            strcpy(res->source, file + root + 1);
    }
}
