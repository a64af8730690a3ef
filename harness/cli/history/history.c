/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"

#include "harness/records/files/outfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_command commands[] = {
    {"add", "store what a gate found", cli_history_add},
    {"log", "what was measured of a case, newest first", cli_history_log},
    {"plot", "a picture of that", cli_history_plot},
    {"check", "which cases have drifted from a pinned release", cli_history_check},
    {"mark", "say that a regression is real, false or accepted", cli_history_mark},
    {"import", "store results of google-benchmark, llama-bench, run or model bench", cli_history_import},
    {"export", "OpenMetrics, CSV, github-action-benchmark or SQL", cli_history_export},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void help(FILE *to)
{
    fputs("Usage: qkbench history COMMAND [ARGUMENT...]\n"
          "Keeps what gates have measured, and finds drift that no single commit shows.\n\n"
          "Commands (each has --help):\n",
          to);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-7s %s\n", commands[i].name, commands[i].what);
    fputs("\nA history is one SQLite file: --db FILE, else $QK_HISTORY, else qkbench/history.db in\n"
          "$XDG_DATA_HOME, else in ~/.local/share. Runs of different machines never mix.\n"
          "\nExamples:\n"
          "  qkbench history add gate.json --pinned pinned.json --release v0.1.0\n"
          "  qkbench history log 'qk256_dequant/p4*'\n"
          "  qkbench history check\n",
          to);
}

int cli_history(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "-?")) {
        help(stdout);
        return CLI_DONE;
    }
    return cli_dispatch(commands, COMMANDS, "history", argc, argv);
}

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
