/* SPDX-License-Identifier: MIT */
/* Chooses, among the stored baselines of a name, the one to compare with this machine. */
#include "baselines/stored/compare.h"

#include <stdlib.h>
#include <string.h>

struct nearest {
    bool found;
    struct baseline b;
    char machine[80];
    struct baseline_field *differ; /* in what it is not of here; none: it fits */
    size_t count;
};

static void drop(struct nearest *n)
{
    if (n->found)
        baseline_free(&n->b);
    free(n->differ);
    *n = (struct nearest){.found = false};
}

/* Of two that differ in as many fields the earlier one stays. One that cannot be read fits nothing. */
static int look_at(struct nearest *n, const struct baseline_entry *e, const struct baseline *here,
                   struct qk_error *err)
{
    struct nearest next = {.found = true};
    int code = baseline_read(&next.b, e->path, err);
    if (code)
        return code == QK_ERR_MEMORY ? code : 0;
    memcpy(next.machine, e->machine, sizeof next.machine);
    code = baseline_identity(&next.b, here, false, &next.differ, &next.count, err);
    if (code || (n->found && n->count <= next.count)) {
        drop(&next);
        return code;
    }
    drop(n);
    *n = next;
    return 0;
}

static int find_nearest(struct nearest *n, const char *folder, const struct baseline *here, const char *name,
                        struct qk_error *err)
{
    struct baseline_entry *list = NULL;
    size_t count = 0;
    int code = baseline_list(&list, &count, folder, NULL, err);
    for (size_t i = 0; i < count && !code; i++)
        if (!strcmp(list[i].name, name))
            code = look_at(n, &list[i], here, err);
    free(list);
    return code;
}

int baseline_load_fitting(struct baseline *b, const char *folder, const struct baseline *here,
                          const char *name, struct qk_error *err)
{
    struct nearest n = {.found = false};
    struct baseline_field *differ = NULL;
    struct qk_error other;
    size_t count = 0;
    char text[400];
    const int missing = baseline_load(b, folder, &here->env, name, err);
    if (missing && missing != QK_ERR_INVALID)
        return missing;
    int code = missing ? 0 : baseline_identity(b, here, false, &differ, &count, &other);
    free(differ);
    if (!code && (missing || count))
        code = find_nearest(&n, folder, here, name, &other);
    const bool fits = !code && n.found && !n.count;
    if (!missing && (code || fits))
        baseline_free(b);
    if (fits) {
        *b = n.b;
        n.found = false;
    } else if (!code && missing && n.found) {
        code =
            qk_fail(&other, QK_ERR_INVALID, folder,
                    "no baseline '%s' of this machine; `baseline save %s` makes one; the nearest, of %s: %s",
                    name, name, n.machine, baseline_fields_text(n.differ, n.count, text, sizeof text));
    } else if (!code && missing) {
        return missing; /* *err says so */
    }
    drop(&n);
    return code ? qk_fail(err, code, other.where, "%s", other.text) : 0;
}
