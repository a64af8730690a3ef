/* SPDX-License-Identifier: MIT */
/* What the subcommands of `qkbench history` share. */
#pragma once

#include "baselines/history/history.h"
#include "harness/cli/options.h"

int cli_history_add(int argc, char **argv);
int cli_history_log(int argc, char **argv);
int cli_history_plot(int argc, char **argv);
int cli_history_check(int argc, char **argv);
int cli_history_mark(int argc, char **argv);
int cli_history_import(int argc, char **argv);
int cli_history_export(int argc, char **argv);

/* Which store. The options of each command begin with this. */
struct cli_history_options {
    const char *db; /* NULL: cli_history_open finds it */
    uint64_t wait_s;
};
enum { CLI_HISTORY_WAIT_S = 10 };
#define CLI_HISTORY_OPTIONS                                                                                  \
    CLI_ROW("db", 'd', "FILE", CLI_STRING(cli_history_options, db),                                          \
            "The history (default: $QK_HISTORY, else qkbench/history.db in $XDG_DATA_HOME, else in "         \
            "~/.local/share)",                                                                               \
            1),                                                                                              \
        CLI_ROW("wait", 'w', "S", CLI_UINT64(cli_history_options, wait_s, 0, 3600),                          \
                "Wait up to S seconds for another process that writes (default: 10)", 1)
#define CLI_HISTORY_DEFAULTS                                                                                 \
    {                                                                                                        \
        .wait_s = CLI_HISTORY_WAIT_S                                                                         \
    }

/* Which rows. */
struct cli_history_choice {
    const char *pattern, *machine; /* NULL: all */
};
#define CLI_HISTORY_MACHINE(type, choice)                                                                    \
    CLI_ROW("machine", 'm', "DIGITS", CLI_STRING(type, choice.machine),                                      \
            "Only the machine whose fingerprint begins so (default: all)", 0)

struct cli_history {
    struct baseline_history *store;
    char *path; /* owned */
};
/* Opens the store, and makes it where it is written to. Close in any case. */
int cli_history_open(struct cli_history *h, const struct cli_history_options *o, bool write,
                     struct qk_error *err);
void cli_history_close(struct cli_history *h);

/* Stores the runs and says what became of each. */
int cli_history_store(const struct cli_history_options *o, const struct baseline_history_run *runs,
                      size_t count, struct qk_error *err);
