/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"

#include <stdio.h>
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
