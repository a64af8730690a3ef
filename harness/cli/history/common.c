/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"

#include "harness/records/files/outfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of the default is made; one that a user names must be there. */
static int find(char **path, const char *db, bool write, struct qk_error *err)
{
    const char *const named = db ? db : getenv("QK_HISTORY"), *const xdg = getenv("XDG_DATA_HOME"),
                      *const home = getenv("HOME");
    const bool has_xdg = xdg && *xdg == '/';
    *path = NULL;
    if (db && !*db)
        return qk_fail(err, QK_ERR_ARG, "--db", "found an empty name, expected a file");
    if (named && *named) {
        *path = strdup(named);
        return *path ? 0 : qk_fail(err, QK_ERR_MEMORY, "--db", "no memory for a path");
    }
    if (!has_xdg && !(home && *home == '/'))
        return qk_fail(err, QK_ERR_ARG, "--db",
                       "is missing, and neither XDG_DATA_HOME nor HOME is an absolute path");
    if (asprintf(path, "%s%s/qkbench/", has_xdg ? xdg : home, has_xdg ? "" : "/.local/share") < 0) {
        *path = NULL;
        return qk_fail(err, QK_ERR_MEMORY, "--db", "no memory for a path");
    }
    int code = write ? bench_make_folder(*path, err) : 0;
    char *const more = code ? NULL : realloc(*path, strlen(*path) + sizeof "history.db");
    if (!code && !more)
        code = qk_fail(err, QK_ERR_MEMORY, "--db", "no memory for a path");
    if (more)
        *path = strcat(more, "history.db");
    return code;
}

int cli_history_open(struct cli_history *h, const struct cli_history_options *o, bool write,
                     struct qk_error *err)
{
    *h = (struct cli_history){0};
    const int code = find(&h->path, o->db, write, err);
    const struct baseline_history_config cfg = {
        .path = h->path, .write = write, .wait_s = (unsigned)o->wait_s, .stop = cli_stop};
    return code ? code : baseline_history_open(&h->store, &cfg, err);
}

void cli_history_close(struct cli_history *h)
{
    baseline_history_close(h->store);
    free(h->path);
    *h = (struct cli_history){0};
}

/* A line is printed, and passed on, only when the run is on the disk. */
int cli_history_store(const struct cli_history_options *o, const struct baseline_history_run *runs,
                      size_t count, struct qk_error *err)
{
    struct cli_history h;
    struct baseline_history_added *const added = calloc(count, sizeof *added);
    int code = added ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu runs", count);
    if (code)
        return code;
    code = cli_history_open(&h, o, true, err);
    if (!code)
        code = baseline_history_add(h.store, runs, count, added, err);
    for (size_t i = 0; i < count && !code; i++)
        if (added[i].already)
            cli_print("run %lld is this one already; nothing was added", (long long)added[i].id);
        else
            cli_print("added run %lld: %zu case%s of commit %s on %s", (long long)added[i].id, runs[i].count,
                      runs[i].count == 1 ? "" : "s", *runs[i].commit ? runs[i].commit : "unknown",
                      runs[i].machine.fingerprint);
    fflush(stdout);
    cli_history_close(&h);
    free(added);
    return code;
}
